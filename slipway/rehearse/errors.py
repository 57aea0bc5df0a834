"""Errors of a rehearsal, each with a hint how to fix it."""

from collections.abc import Sequence
from dataclasses import dataclass


class Failure(Exception):
    """A step of the rehearsal failed."""

    def __init__(self, message: str, hint: str = "", last_lines: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.last_lines = last_lines


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake in a Blueprint. It is printed, so it never contains the value of a variable."""

    line: int
    message: str
    hint: str


class InvalidBlueprint(Exception):
    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(f"line {it.line}: {it.message}\n    {it.hint}" for it in self.problems))
