"""The questions of cookiecutter.json, and the checks of their answers."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slipway import catalogue
from slipway.names import slug_for, wrong_line, wrong_name, wrong_slug

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
PROMPTS: dict[str, str] = QUESTIONS["__prompts__"]
FEATURES = [key for key in PROMPTS if QUESTIONS[key] is True]
CHOICES = {key: QUESTIONS[key] for key in PROMPTS if isinstance(QUESTIONS[key], list)}
CATALOGUE = catalogue.read((ROOT / "slipway/features.toml").read_text(encoding="utf-8"))


class AnswerError(ValueError):
    """The message says which answer is wrong, and what a right one looks like."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    project_name: str
    project_slug: str
    description: str
    domain: str
    author: str
    email: str
    time_zone: str
    region: str
    plan: str
    without: tuple[str, ...]


DEFAULTS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "project_name": lambda given: QUESTIONS["project_name"],
    "project_slug": lambda given: slug_for(given["project_name"]),
    "description": lambda given: f"The site of {given['project_name']}.",
    "domain": lambda given: "www.example.com",
    "author": lambda given: f"The {given['project_name']} authors",
    "email": lambda given: f"hello@{given['domain'].removeprefix('www.')}",
    "time_zone": lambda given: QUESTIONS["time_zone"],
    "region": lambda given: CHOICES["region"][0],
    "plan": lambda given: CHOICES["plan"][0],
}


def complete(given: Mapping[str, str], without: tuple[str, ...]) -> Answers:
    """The checked answers, with defaults for what was not answered."""
    texts: dict[str, str] = {}
    for name, default in DEFAULTS.items():
        texts[name] = given[name].strip() if given.get(name) else default(texts)
        if error := CHECKS[name](texts[name]):
            raise AnswerError(error)
    if unknown := sorted({*without} - {*FEATURES}):
        raise AnswerError(f"There is no feature {unknown[0]}: choose among {', '.join(FEATURES)}.")
    return Answers(**texts, without=tuple(sorted(CATALOGUE.with_dependents(without))))


def one_line(what: str) -> Callable[[str], str]:
    return lambda text: wrong_line(text, what, longest=120)


def matching(pattern: str, what: str) -> Callable[[str], str]:
    return lambda text: "" if re.fullmatch(pattern, text) else f"{what}, not {text!r}."


def among(name: str) -> Callable[[str], str]:
    return lambda text: "" if text in CHOICES[name] else f"The {name} must be one of {', '.join(CHOICES[name])}."


def check_time_zone(text: str) -> str:
    # A machine may have no table of zones, and needs none for this one.
    if text == "UTC":
        return ""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"There is no time zone {text!r}: give one like UTC or Europe/Berlin."
    return ""


HOST = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
CHECKS: dict[str, Callable[[str], str]] = {
    "project_name": wrong_name,
    "project_slug": wrong_slug,
    "description": one_line("description"),
    "domain": matching(HOST, "The domain must be like www.example.com"),
    "author": one_line("author"),
    "email": matching(rf"[^\s@<>\"']+@{HOST}", "The e-mail address must be like hello@example.com"),
    "time_zone": check_time_zone,
    "region": among("region"),
    "plan": among("plan"),
}
assert CHECKS.keys() == DEFAULTS.keys() == {field.name for field in fields(Answers)} - {"without"}
