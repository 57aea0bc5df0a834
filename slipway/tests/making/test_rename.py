"""bin/rename: another name wherever it stands, and nothing else."""

from pathlib import Path

import pytest

from slipway.tests.making.checkouts import BEARERS, commit, contents, differing, done, git, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    [("Web", "web"), ("Celery Render", "celery-render"), ('O\'Brien "x" \\1', "o-brien-x-1")],
    ids=lambda n: n[1],
)
def test_a_name_and_back_is_where_it_began(project: Path, copy: Path, name: tuple[str, str]) -> None:
    done(copy, "bin/rename", name[0])
    changed = differing(copy, project)
    slugs = [line for line in (copy / "pyproject.toml").read_text().splitlines() if line == f'name = "{name[1]}"']
    commit(copy)
    done(copy, "bin/rename", "My Site")

    assert set(changed) == BEARERS
    assert len(slugs) == 1
    assert differing(copy, project) == []


def test_a_renamed_project_is_as_one_that_was_made_with_that_name(template: Path, copy: Path, tmp_path: Path) -> None:
    own = ["--description=The site of My Site.", "--author=The My Site authors"]
    done(template, "python", "-m", "slipway", "new", tmp_path / "made", "--yes", "--name=Ours", "--slug=o", *own)

    done(copy, "bin/rename", "Ours", "--slug", "o")

    assert differing(copy, tmp_path / "made") == []


def test_a_clone_becomes_a_project_of_that_name(template: Path, clone_of_template: Path, tmp_path: Path) -> None:
    done(template, "python", "-m", "slipway", "new", tmp_path / "made", "--yes", "--name=Ours")

    done(clone_of_template, "bin/rename", "Ours")

    assert differing(clone_of_template, tmp_path / "made") == []


def test_only_the_name_of_the_project_is_another(copy: Path) -> None:
    table = (copy / "pyproject.toml").read_text()
    (copy / "pyproject.toml").write_text(f'{table}\n[[tool.uv.index]]\nname = "pypi"\n')
    commit(copy)

    done(copy, "bin/rename", "Ours")

    assert '\n[[tool.uv.index]]\nname = "pypi"\n' in (copy / "pyproject.toml").read_text()


def test_a_look_changes_nothing(project: Path, copy: Path) -> None:
    told = done(copy, "bin/rename", "Ours", "--dry-run")

    assert differing(copy, project) == []
    assert told == "".join(f"change  {path}\n" for path in sorted(BEARERS)) + (
        "\nNothing was done: this was only a look.\n"
    )


def test_what_is_told_next_can_be_pasted(copy: Path) -> None:
    told = done(copy, "bin/rename", "  O'Brien & $(Sons) ")
    pasted = told.strip().splitlines()[-1].partition("bin/test && ")[2]

    git(copy, "config", "user.name", "Ada")
    git(copy, "config", "user.email", "ada@example.com")
    done(copy, "bash", "-c", pasted)

    assert git(copy, "log", "-1", "--format=%s") == "Call it O'Brien & $(Sons)"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["two\nlines"], "The project's name must be one line of text.\n"),
        (["🚀"], "A name for machines has up to 40 small letters and digits"),
        (["Ours", "--slug", "Our_Site"], "A name for machines has up to 40 small letters and digits"),
    ],
)
def test_a_senseless_name_is_refused(project: Path, copy: Path, arguments: list[str], complaint: str) -> None:
    told = run(copy, "bin/rename", *arguments)

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(complaint)
    assert told.stderr.count("\n") == 1
    assert differing(copy, project) == []


def test_unsaved_work_is_not_mixed_in(copy: Path) -> None:
    (copy / "mine.txt").write_text("mine")
    before = contents(copy)

    told = run(copy, "bin/rename", "Ours")

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("There is work that git does not have yet.")
    assert "mine.txt" in told.stderr
    assert contents(copy) == before
