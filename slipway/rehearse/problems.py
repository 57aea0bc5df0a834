"""What is wrong with a Blueprint, where, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """Never holds the value of a variable: problems are printed."""

    line: int
    message: str
    hint: str


class BlueprintError(Exception):
    """The file cannot be read as a Blueprint."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(f"line {it.line}: {it.message}\n    {it.hint}" for it in self.problems))
