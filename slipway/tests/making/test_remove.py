"""bin/remove: what is left is as if the project had been made without it, in whatever order things go."""

import shutil
from pathlib import Path

import pytest

from slipway.answers import FEATURES
from slipway.tests.making.checkouts import clone, commit, contents, differing, done, git, run

pytestmark = pytest.mark.slow

# Takes features out one after the other, as as many calls of bin/remove would, and writes what is left.
ONE_BY_ONE = """
import sys
from pathlib import Path
from slipway import checkout, remove, tree
files = tree.read(checkout.ROOT)
for key in sys.argv[2:]:
    files = remove.without(files, [key])
tree.write(files, Path(sys.argv[1]))
"""


def made(template: Path, folder: Path, *options: str) -> Path:
    done(template, "python", "-m", "slipway", "new", folder, "--yes", "--no-history", *options)
    return folder


@pytest.fixture(scope="module")
def bare(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made without any of them."""
    options = [f"--without={key}" for key in FEATURES]
    return made(template, tmp_path_factory.mktemp("bare") / "my-site", *options)


@pytest.mark.parametrize(
    "order",
    [FEATURES, FEATURES[::-1], [*FEATURES[1::2], *FEATURES[::2]]],
    ids=lambda order: " ".join(order),
)
def test_all_of_them_go_in_any_order(project: Path, bare: Path, tmp_path: Path, order: list[str]) -> None:
    done(project, "python", "-c", ONE_BY_ONE, tmp_path / "left", *order)

    assert differing(tmp_path / "left", bare) == []


def test_two_at_once_are_as_one_after_the_other(template: Path, project: Path, copy: Path, tmp_path: Path) -> None:
    other = clone(project, tmp_path / "other")

    done(copy, "bin/remove", "sentry", "celery")
    done(other, "bin/remove", "celery")
    commit(other)
    done(other, "bin/remove", "sentry")

    expected = made(template, tmp_path / "my-site", "--without=celery", "--without=sentry")
    assert differing(copy, expected) == []
    assert differing(other, expected) == []
    assert not (copy / "apps/tasks").exists()


def test_a_clone_becomes_a_project_without_it(template: Path, clone_of_template: Path, tmp_path: Path) -> None:
    expected = made(template, tmp_path / "made", "--name=Slipway", "--slug=slipway", "--without=docker")

    done(clone_of_template, "bin/remove", "docker")

    assert differing(clone_of_template, expected) == []
    for name in ("slipway", "hooks", "cookiecutter.json", "slipway/tests/making", "{{cookiecutter.project_slug}}"):
        assert not (clone_of_template / name).exists()


def test_a_site_may_be_called_as_what_it_does_without(template: Path, tmp_path: Path) -> None:
    said = [
        "--name=Celery on Docker",
        "--description=All about Docker and Sentry.",
        "--domain=www.docker-days.com",
        "--email=docker@docker-days.com",
    ]
    folder = tmp_path / "days"
    done(template, "python", "-m", "slipway", "new", folder, "--yes", *said)
    (folder / ".venv").symlink_to(template.parent)
    expected = made(template, tmp_path / "expected", *said, "--without=celery", "--without=docker")

    done(folder, "python", "-m", "slipway.remove", "docker", "celery")

    assert differing(folder, expected) == []
    assert (folder / "README.md").read_text().startswith("# Celery on Docker\n\nAll about Docker and Sentry.\n")
    assert "www.docker-days.com" in (folder / "docs/render.md").read_text()


def test_the_credit_stays_whatever_its_address_is(clone_of_template: Path, tmp_path: Path) -> None:
    git(clone_of_template, "remote", "set-url", "origin", "https://github.com/docker/celery")
    done(clone_of_template, "python", "-m", "slipway", "new", tmp_path / "site", "--yes")
    expected = made(clone_of_template, tmp_path / "expected", "--name=Site", "--without=github", "--without=docker")

    done(tmp_path / "site", "python", "-m", "slipway.remove", "github", "docker")

    assert differing(tmp_path / "site", expected) == []
    assert "Made from [Slipway](https://github.com/docker/celery)." in (tmp_path / "site/README.md").read_text()


def test_a_look_changes_nothing_and_tells_what_would_happen(project: Path, copy: Path) -> None:
    looked = done(copy, "bin/remove", "channels", "--dry-run")
    untouched = differing(copy, project)
    removed = done(copy, "bin/remove", "channels")

    assert untouched == []
    assert looked.endswith("\n\nNothing was done: this was only a look.\n")
    told = looked.partition("\n\n")[0]
    assert told == removed.partition("\n\n")[0]
    after, before = contents(copy), contents(project)
    assert told.splitlines() == [
        *(f"delete  {path}" for path in sorted(before.keys() - after.keys())),
        *(f"change  {path}" for path in sorted(after) if after[path] != before[path]),
    ]
    assert "git commit -m 'Take out Channels'" in removed


def test_what_is_yours_stays_and_your_paragraphs_go(copy: Path) -> None:
    settings = copy / "config/settings/base.py"
    settings.write_text(settings.read_text() + '\n# Celery\nOURS = "celery"\n\n# Ours\nSTAYS = True\n')
    (copy / "apps/shop").mkdir()
    (copy / "apps/shop/tasks.py").write_text("# Celery\nimport celery\n\nimport json\n")
    (copy / "apps/tasks/ours.py").write_text("print('goes with its folder')\n")
    (copy / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n# Celery\n")
    (copy / "docs/shop.md").write_text("# Shop\n\nIt sells.\n\nCelery sends the bills.\n")
    commit(copy)

    done(copy, "bin/remove", "celery")

    assert settings.read_text().endswith("\n\n# Ours\nSTAYS = True\n")
    assert "OURS" not in settings.read_text()
    assert (copy / "apps/shop/tasks.py").read_text() == "import json\n"
    assert not (copy / "apps/tasks").exists()
    assert (copy / "logo.png").read_bytes() == b"\x89PNG\r\n\x1a\n# Celery\n"
    assert (copy / "docs/shop.md").read_text() == "# Shop\n\nIt sells.\n"


def test_what_git_ignores_stays(copy: Path) -> None:
    (copy / ".env").write_text("SECRET_KEY=mine\n")
    (copy / "apps/tasks/tried.sqlite3").write_bytes(b"mine")

    done(copy, "bin/remove", "celery")

    assert (copy / ".env").read_text() == "SECRET_KEY=mine\n"
    assert [path.name for path in (copy / "apps/tasks").iterdir()] == ["tried.sqlite3"]


@pytest.mark.parametrize("unsaved", ["untracked.txt", "README.md"])
def test_unsaved_work_is_not_mixed_in(copy: Path, unsaved: str) -> None:
    (copy / unsaved).write_text("mine")
    before = contents(copy)

    for options in ([], ["--dry-run"]):
        told = run(copy, "bin/remove", "celery", *options)
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.startswith("There is work that git does not have yet. Commit it or put it away first:\n")
        assert unsaved in told.stderr
    assert contents(copy) == before


def test_an_unknown_feature_is_refused_before_anything_goes(project: Path, copy: Path) -> None:
    told = run(copy, "bin/remove", "celery", "redis")

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        "There is no feature redis here. "
        "What can be taken out: celery, channels, cloudinary, sentry, docker, render, github.\n"
    )
    assert differing(copy, project) == []


def test_the_template_cannot_be_taken_out_by_name(clone_of_template: Path) -> None:
    told = run(clone_of_template, "bin/remove", "template")

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("There is no feature template here.")


def test_nothing_left_is_told(bare: Path, tmp_path: Path) -> None:
    shutil.copytree(bare, tmp_path / "bare")

    told = run(tmp_path / "bare", "python", "-m", "slipway.remove", "celery")

    assert told.stderr == "There is no feature celery here. What can be taken out: nothing.\n"
    shown = done(tmp_path / "bare", "python", "-m", "slipway.remove", "--help")
    assert "there is none left" in shown


def test_help_tells_what_each_is_for(copy: Path) -> None:
    shown = " ".join(done(copy, "bin/remove", "--help").split())

    assert "celery (background tasks, and a schedule)" in shown
    assert "template" not in shown
