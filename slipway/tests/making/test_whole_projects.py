"""Projects as people get them, tested by their own tests."""

from itertools import combinations
from pathlib import Path

import pytest

from slipway.answers import FEATURES
from slipway.tests.making import projects
from slipway.tests.making.projects import PAIRWISE, Features, name, possible, run

pytestmark = pytest.mark.slow

# Answers with every kind of character that the questions allow.
ODD = {
    "project_name": 'L\'été "26" 🍉',
    "project_slug": "ete-26",
    "description": "Fruit & more, 'fresh'.",
    "time_zone": "Asia/Kolkata",
    "domain": "fruit.example",
}


def test_any_two_features_are_together_apart_and_both_left_out() -> None:
    for one, other in combinations(FEATURES, 2):
        wanted = {(key in without, another in without) for key, another in [(one, other)] for without in
                  (possible(()), possible((one,)), possible((other,)), possible((one, other)))}  # fmt: skip
        assert {(one in without, other in without) for without in PAIRWISE} >= wanted


@pytest.mark.parametrize("without", PAIRWISE, ids=name)
def test_its_own_test_command_passes(
    without: Features, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    projects.write(projects.files(without, **ODD if len(without) % 2 else {}), tmp_path)
    if without == possible(FEATURES):
        # The project without features installs its packages, and shows that they are enough.
        (tmp_path / ".venv").unlink()
    else:
        projects.lend_packages(tmp_path)
    caches = tmp_path_factory.getbasetemp() / "mypy"

    run(tmp_path, "bin/test", MYPY_CACHE_DIR=str(caches), PYTEST_XDIST_AUTO_NUM_WORKERS="1")


@pytest.mark.parametrize("without", PAIRWISE, ids=name)
def test_its_locks_are_what_bin_lock_writes(without: Features, tmp_path: Path) -> None:
    project = projects.files(without)
    projects.write(project, tmp_path)

    run(tmp_path, "bin/lock")

    for lock in sorted((tmp_path / "requirements").glob("*.txt")):
        assert lock.read_text() == project[f"requirements/{lock.name}"].decode(), lock.name


# The template's own root rehearses all features, on both plans.
@pytest.mark.parametrize("without", [("channels",), ("celery",)], ids=name)
def test_its_blueprint_can_be_rehearsed(without: Features, tmp_path: Path) -> None:
    projects.write(projects.files(without), tmp_path)
    run(tmp_path, "git", "-c", "user.name=N", "-c", "user.email=n@example.com", "commit", "--quiet", "--message=Begin")
    (tmp_path / ".env.rehearsal").write_text("CLOUDINARY_URL=\nSENTRY_DSN=\n")

    assert " 0 lost" in run(tmp_path, "python", "-m", "slipway", "rehearse", PYTHONPATH=str(projects.ROOT))
