"""Measures two projects in turn, and prints what came out as rows of a table."""

from collections.abc import Callable
from statistics import median
from typing import TypeVar

from benchmarks.projects import Project

T = TypeVar("T")
Figures = tuple[list[float], list[float]]


def alternately(measure: Callable[[Project], T], one: Project, other: Project, rounds: int) -> tuple[list[T], list[T]]:
    """In turn, so that a machine that slows down slows both; a first round of each is thrown away.

    With no round to follow, the first one has to do.
    """
    pairs = [(measure(one), measure(other)) for _ in range(rounds + 1)]
    pairs = pairs[1:] or pairs
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def heading() -> None:
    print(f"| {'what':44} | slipway | bare | ratio | wanted |\n|---|---|---|---|---|", flush=True)


def row(what: str, figures: Figures, wanted: str) -> None:
    ratios = [ours / theirs for ours, theirs in zip(*figures, strict=True)]
    cells = [spread(values, digits) for values, digits in ((figures[0], 4), (figures[1], 4), (ratios, 3))]
    print(f"| {what} | {' | '.join(cells)} | {wanted} |", flush=True)


def rows(figures: tuple[list[dict[str, float]], list[dict[str, float]]], wanted: dict[str, str]) -> None:
    """For measurements that bring several figures, by their names."""
    for what, limit in wanted.items():
        row(what, ([ours[what] for ours in figures[0]], [theirs[what] for theirs in figures[1]]), limit)


def spread(values: list[float], digits: int) -> str:
    middle, least, most = (plain(value, digits) for value in (median(values), min(values), max(values)))
    return f"{middle} ({least} to {most})"


def plain(value: float, digits: int) -> str:
    """So many digits count; none is written as a power of ten."""
    return f"{float(f'{value:.{digits}g}'):g}"


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]
