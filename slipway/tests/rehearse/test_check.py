"""`bin/rehearse --check`."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slipway.tests.git import tracked
from slipway.tests.rehearse.repositories import BLUEPRINTS, make_repository
from tests.commands import ROOT


def check(blueprint: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slipway.rehearse", "--check", str(blueprint)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    make_repository(tmp_path)
    return Path(shutil.copy(BLUEPRINTS / "four.yaml", tmp_path))


def test_a_good_blueprint_has_exit_code_0(good: Path) -> None:
    done = check(good)

    assert (done.returncode, done.stderr) == (0, "")
    assert "No problems in " in done.stdout


def test_a_problem_is_shown_with_file_line_and_hint(good: Path) -> None:
    good.write_text(good.read_text().replace("plan: standard", "plan: free"))
    done = check(good)

    assert done.returncode == 1
    assert f"{good}:75: shop-worker is a worker with plan free\n    only web services can be free\n" in done.stdout
    assert "1 problem in" in done.stdout


def test_a_missing_file_is_reported_without_traceback(good: Path) -> None:
    done = check(good.with_name("none.yaml"))

    assert done.returncode == 1
    assert "none.yaml:1: cannot be read" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_check_takes_less_than_a_second(good: Path) -> None:
    check(good)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        check(good)
        times.append(time.perf_counter() - began)

    # Other tests may be running: the best of them counts.
    assert min(times) < 1


@pytest.mark.parametrize("blueprint", tracked("render.yaml", "deploy/render*.yaml"))
def test_the_blueprints_of_this_project_have_no_problems(blueprint: str) -> None:
    done = check(ROOT / blueprint)

    assert done.returncode == 0, done.stdout
