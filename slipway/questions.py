"""Asks the questions in the terminal, with a default for each. A wrong answer is asked for again."""

from collections.abc import Mapping
from typing import Any

from slipway.answers import CHECKS, CHOICES, DEFAULTS, FEATURES, PROMPTS


def ask(
    given: dict[str, str], asked_for: Mapping[str, Any], without: tuple[str, ...]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What was given on the command line is not asked."""
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
        if not (error := CHECKS[name](text)):
            return text
        print(error)
