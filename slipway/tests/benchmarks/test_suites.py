"""The benchmarks run. Their results in these quick runs are meaningless."""

import os
import re
import subprocess
import sys

import pytest

from benchmarks.suites import SUITES
from tests.commands import ROOT, run

# A title, three values with minimum and maximum, and a limit.
ROW = re.compile(r"\| ([^|]+) \|(?: [\d.]+ \([\d.]+ to [\d.]+\) \|){3} [^|]+ \|")


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_prints_the_rows_that_the_readme_lists(suite: str) -> None:
    quick = [sys.executable, "-m", "benchmarks.run", "--quick", suite]
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
    rows = [ROW.fullmatch(line) for line in done.stdout.rstrip().splitlines()[2:]]
    assert rows
    assert all(rows), done.stdout
    readme = (ROOT / "benchmarks/README.md").read_text()
    assert [row[1] for row in rows if row and f"\n| {row[1]} |" not in readme] == []


def test_an_unknown_suite_is_rejected_with_the_known_ones() -> None:
    done = run("python", "-m", "benchmarks.run", "web", "speed")

    assert done.returncode == 2
    assert f"unknown suite speed; choose from {', '.join(SUITES)}" in done.stderr
