"""What users notice while something fails: tests of failures compare their results with the table in docs/drills.md.

With DRILLS=write in the environment, they write results that are worse than the table, or new, into it.
"""

import fcntl
import os
from dataclasses import astuple, dataclass, replace

from tests.commands import ROOT

FILE = ROOT / "docs/drills.md"
# Results differ between runs and machines, so the table has upper bounds.
BOUNDS = (0, 1, 2, 5, 10, 20, 30, 60, 90)


@dataclass(frozen=True)
class Row:
    # Percentages of the requests or tasks.
    answered: int
    errors: int
    # Seconds after the end of the failure, 0 if it has no end.
    recovery: int

    def __str__(self) -> str:
        return f"{self.answered} % | {self.errors} % | {f'{self.recovery} s' if self.recovery else '-'}"


def drill(name: str, *, requests: int, answered: int, errors: int, recovery: float = 0) -> None:
    """Compare a drill with its row. Requests that were not answered at all are not errors."""
    row = Row(
        answered=100 * answered // requests,
        errors=-(-100 * errors // requests),
        recovery=next(bound for bound in BOUNDS if recovery <= bound),
    )
    print(f"{name}: {answered} of {requests} answered, {errors} errors, works again after {recovery:.1f} s.")
    if os.environ.get("DRILLS") == "write":
        write(name, row)
        return
    promised = rows()[name]
    assert row.answered >= promised.answered, f"{name}: {row}, but {FILE.name} has {promised}"
    assert row.errors <= promised.errors, f"{name}: {row}, but {FILE.name} has {promised}"
    assert row.recovery <= promised.recovery, f"{name}: {row}, but {FILE.name} has {promised}"


def rows() -> dict[str, Row]:
    found = {}
    for line in FILE.read_text().splitlines():
        cells = [cell.strip().removesuffix(" %").removesuffix(" s") for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[1].isdigit():
            found[cells[0]] = Row(int(cells[1]), int(cells[2]), 0 if cells[3] == "-" else int(cells[3]))
    return found


def write(name: str, row: Row) -> None:
    """Tests may run in several processes."""
    with FILE.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if known := rows().get(name):
            worst = map(max, astuple(row), astuple(known))
            row = replace(Row(*worst), answered=min(row.answered, known.answered))
        lines = [line for line in file.read().splitlines() if not line.startswith(f"| {name} |")]
        first = next(number for number, line in enumerate(lines) if line.startswith("| ---")) + 1
        table = sorted([*lines[first:], f"| {name} | {row} |"])
        file.seek(0)
        file.write("\n".join([*lines[:first], *table]) + "\n")
        file.truncate()
