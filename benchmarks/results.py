"""Measures two projects in turn and prints the results as rows of a Markdown table."""

from collections.abc import Callable
from statistics import median
from typing import TypeVar

from benchmarks.projects import Project

T = TypeVar("T")
Results = tuple[list[float], list[float]]


def measure_in_turn(
    measure: Callable[[Project], T], one: Project, other: Project, rounds: int
) -> tuple[list[T], list[T]]:
    """Alternate between the projects, so that a machine that slows down slows both. Discard the first round.

    With `rounds` 0, the first round is the result.
    """
    pairs = [(measure(one), measure(other)) for _ in range(rounds + 1)]
    pairs = pairs[1:] or pairs
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def print_heading() -> None:
    print(f"| {'measurement':44} | slipway | bare | ratio | limit |\n|---|---|---|---|---|", flush=True)


def print_row(title: str, results: Results, limit: str) -> None:
    ratios = [ours / theirs for ours, theirs in zip(*results, strict=True)]
    cells = [spread(values, digits) for values, digits in ((results[0], 4), (results[1], 4), (ratios, 3))]
    print(f"| {title} | {' | '.join(cells)} | {limit} |", flush=True)


def print_rows(results: tuple[list[dict[str, float]], list[dict[str, float]]], limits: dict[str, str]) -> None:
    """Print a row for each title, for measurements that return several values by title."""
    for title, limit in limits.items():
        print_row(title, ([ours[title] for ours in results[0]], [theirs[title] for theirs in results[1]]), limit)


def spread(values: list[float], digits: int) -> str:
    middle, lowest, highest = (rounded(value, digits) for value in (median(values), min(values), max(values)))
    return f"{middle} ({lowest} to {highest})"


def rounded(value: float, digits: int) -> str:
    """Round to significant digits, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):g}"


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]
