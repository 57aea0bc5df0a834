"""Projects as people get them, tested by their own tests."""

import os
import re
import shutil
import sys
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest

from slipway.answers import FEATURES
from slipway.tests.making import projects
from slipway.tests.making.projects import SUBSETS, name, run
from slipway.tree import Files
from tests.commands import ROOT

pytestmark = pytest.mark.slow

# test_every_subset.py runs them in every subset, or they are about tools that are the same in all.
ELSEWHERE = (
    "tests/deploy",
    "slipway/tests/cutting",
    "slipway/tests/rehearse",
)
# Any two features are together, apart, and both away, in some of them; and one has all, and one none.
PAIRWISE = [(), tuple(FEATURES)] + [
    tuple(key for key, rows in zip(FEATURES, combinations(range(5), 3), strict=False) if row in rows)
    for row in range(5)
]


def units(project: Files) -> str:
    """What unit tests read, in short: where it is the same, they tell the same."""
    read = [
        path
        for path in sorted(project)
        if re.match(r"(apps|config|tests|tools)/", path)
        and not path.startswith((*ELSEWHERE, "slipway/", "slipway/rehearse/"))
    ]
    return sha256(b"".join(path.encode() + project[path] for path in read)).hexdigest()


# What is left out of these does not touch what unit tests read.
ELSEWHERE_ONLY = {"docker", "github"}
# Those in PAIRWISE run all their tests below, on the databases of production.
WHOLE = {tuple(key for key in without if key not in ELSEWHERE_ONLY) for without in PAIRWISE}
DIFFERENT = [without for without in SUBSETS if not ELSEWHERE_ONLY & {*without} and without not in WHOLE]


@pytest.mark.parametrize("without", SUBSETS, ids=name)
def test_no_more_is_different_than_is_tested(without: tuple[str, ...]) -> None:
    tested = tuple(key for key in without if key not in ELSEWHERE_ONLY)

    assert units(projects.files(without)) == units(projects.files(tested))


@pytest.mark.parametrize("without", DIFFERENT, ids=name)
def test_its_unit_tests_pass_on_sqlite(without: tuple[str, ...], tmp_path: Path) -> None:
    projects.write(projects.files(without), tmp_path)

    run(tmp_path, "python", "manage.py", "check", "--fail-level", "WARNING")
    run(tmp_path, "python", "manage.py", "makemigrations", "--check", "--dry-run")
    elsewhere = [f"--ignore={path}" for path in ELSEWHERE]
    run(tmp_path, "python", "-m", "pytest", "-m", "not slow and not browser", *elsewhere, SERVICES="none")


# What people answer.
ODD = {
    "project_name": 'L\'été "26" 🍉',
    "project_slug": "ete-26",
    "description": "Fruit & more, 'fresh'.",
    "time_zone": "Asia/Kolkata",
    "domain": "fruit.example",
}


def test_any_two_features_meet_in_every_way() -> None:
    for one, other in combinations(FEATURES, 2):
        assert {(one in without, other in without) for without in PAIRWISE} == {
            (True, True), (True, False), (False, True), (False, False),
        }  # fmt: skip


@pytest.mark.parametrize("without", PAIRWISE, ids=name)
def test_its_own_test_command_passes(
    without: tuple[str, ...], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    projects.write(projects.files(without, **ODD if len(without) % 2 else {}), tmp_path)
    (tmp_path / ".venv").unlink()
    surroundings = {"PYTHON": f"{sys.base_prefix}/bin/python3"}
    if len(without) < len(FEATURES):
        # The project with nothing installs its packages, and shows that they are enough; the others have them.
        lend_packages(tmp_path)
    caches = tmp_path_factory.getbasetemp() / "mypy"

    run(tmp_path, "bin/test", PYTEST_XDIST_AUTO_NUM_WORKERS="1", MYPY_CACHE_DIR=str(caches), **surroundings)


def lend_packages(folder: Path) -> None:
    shutil.copytree(ROOT / ".venv", folder / ".venv", symlinks=True, copy_function=os.link)
    installed = folder / ".venv/development.txt"
    installed.unlink()
    shutil.copy(folder / "requirements/development.txt", installed)


@pytest.mark.parametrize("without", PAIRWISE, ids=name)
def test_its_locks_are_what_would_be_chosen_afresh(without: tuple[str, ...], tmp_path: Path) -> None:
    project = projects.files(without)
    projects.write(project, tmp_path)

    run(tmp_path, "bin/lock")

    for lock in sorted((tmp_path / "requirements").glob("*.txt")):
        assert lock.read_text() == project[f"requirements/{lock.name}"].decode(), lock.name


@pytest.mark.parametrize(
    ("without", "plan"), [((), "paid"), (("channels",), "paid"), (("celery",), "paid"), ((), "free")]
)
def test_its_blueprint_can_be_rehearsed(without: tuple[str, ...], plan: str, tmp_path: Path) -> None:
    projects.write(projects.files(without, plan=plan), tmp_path)
    run(tmp_path, "git", "-c", "user.name=N", "-c", "user.email=n@example.com", "commit", "--quiet", "--message=Begin")
    (tmp_path / ".env.rehearsal").write_text("CLOUDINARY_URL=\nSENTRY_DSN=\n")

    assert " 0 lost" in run(tmp_path, "bin/rehearse")
