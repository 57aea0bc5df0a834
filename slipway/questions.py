"""Asks in the terminal, as cookiecutter does: a default for each question, and again after an answer makes no sense."""

from collections.abc import Mapping
from typing import Any

from slipway.answers import CHECKS, CHOICES, DEFAULTS, FEATURES, PROMPTS


def ask(
    given: dict[str, str], asked_for: Mapping[str, Any], without: tuple[str, ...]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What was said on the command line is not asked again."""
    given, left_out = dict(given), list(without)
    for name, prompt in PROMPTS.items():
        if name in FEATURES:
            if name not in left_out and not wanted(prompt):
                left_out.append(name)
        elif not asked_for[name] and not (name in ("region", "plan") and "render" in left_out):
            given[name] = answer(name, prompt, given.get(name) or DEFAULTS[name](given))
    return given, tuple(left_out)


def wanted(prompt: str) -> bool:
    while True:
        match input(f"{prompt} [Y/n] ").strip().lower():
            case "" | "y" | "yes":
                return True
            case "n" | "no":
                return False
        print("Answer y or n.")


def answer(name: str, prompt: str, default: str) -> str:
    choices = f" ({', '.join(CHOICES[name])})" if name in CHOICES else ""
    while True:
        text = input(f"{prompt}{choices} [{default}] ").strip() or default
        if not (complaint := CHECKS[name](text)):
            return text
        print(complaint)
