"""Measuring still works. What comes out means nothing here."""

import os
import re
import subprocess
import sys

import pytest

from benchmarks.parts import PARTS
from tests.commands import ROOT, run

# A name, three figures with minimum and maximum, and what is wanted.
ROW = re.compile(r"\| ([^|]+) \|(?: [\d.]+ \([\d.]+ to [\d.]+\) \|){3} [^|]+ \|")


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("part", PARTS)
def test_a_part_measures_what_the_page_tells(part: str) -> None:
    quick = [sys.executable, "-m", "benchmarks.run", "--quick", part]
    done = subprocess.run(
        [sys.executable, "-m", "tools.services", "--", *quick],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    measured = [ROW.fullmatch(line) for line in done.stdout.rstrip().splitlines()[2:]]
    assert measured
    assert all(measured), done.stdout
    page = (ROOT / "benchmarks/README.md").read_text()
    assert [row[1] for row in measured if row and f"\n| {row[1]} |" not in page] == []


def test_a_part_that_is_not_there_is_named_with_those_that_are() -> None:
    done = run("python", "-m", "benchmarks.run", "web", "speed")

    assert done.returncode == 2
    assert f"there is no part speed: name some of {', '.join(PARTS)}" in done.stderr
