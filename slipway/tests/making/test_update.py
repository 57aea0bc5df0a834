"""bin/update: what the template has learnt since comes along, and what you have done stays."""

import subprocess
from pathlib import Path

import pytest

from slipway import record
from slipway.tests.making.checkouts import clone, commit, contents, done, git, run
from tests.commands import ROOT

pytestmark = pytest.mark.slow

# Of the template: what changes, goes and comes.
CHANGED, DELETED, ADDED = "docs/api.md", "docs/decisions/0001-one-table-of-variables.md", "docs/new.md"


def update(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """By somebody whom git knows, since it makes commits."""
    names = {f"GIT_{role}_{what}": "ada@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return run(folder, "bin/update", *arguments, **names)


def updated(folder: Path, *arguments: str) -> str:
    told = update(folder, *arguments)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def retitled(folder: Path, title: str) -> None:
    page = folder / CHANGED
    page.write_text(f"# {title}\n{page.read_text().partition(chr(10))[2]}")


@pytest.fixture
def source(template: Path, tmp_path: Path) -> Path:
    """A template that changes."""
    folder = clone(template, tmp_path / "source")
    git(folder, "remote", "remove", "origin")
    return folder


@pytest.fixture
def ours(source: Path, tmp_path: Path) -> Path:
    """Made of it without Sentry, and worked on since."""
    folder = tmp_path / "ours"
    done(source, "python", "-m", "slipway", "new", folder, "--yes", "--without=sentry")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "apps/shop.py").write_text("MINE = True\n")
    (folder / CHANGED).write_text((folder / CHANGED).read_text() + "\nThe last line is mine.\n")
    commit(folder)
    return folder


def news(source: Path) -> str:
    """A page is changed, one comes, one goes; and there is more of Sentry."""
    retitled(source, "Build on it")
    (source / ADDED).write_text("# New\n\nIt is new.\n\nSentry is told of it.\n")
    (source / DELETED).unlink()
    (source / "config/components/sentry.py").write_text("CHANGED = True\n")
    own, more = "tests/test_sentry.py", "tests/test_more_of_sentry.py"
    (source / more).write_text("CHANGED = True\n")
    catalogue = source / "slipway/features.toml"
    catalogue.write_text(catalogue.read_text().replace(f'"{own}"', f'"{own}", "{more}"'))
    return commit(source, "Know more")


def test_what_changed_there_comes_to_what_you_changed(source: Path, ours: Path) -> None:
    before, began = contents(ours), git(ours, "rev-parse", "HEAD")
    newest = news(source)

    told = updated(ours)

    after = contents(ours)
    assert (ours / CHANGED).read_text().startswith("# Build on it\n")
    assert (ours / CHANGED).read_text().endswith("\nThe last line is mine.\n")
    assert (ours / ADDED).read_text() == "# New\n\nIt is new.\n"
    assert before.keys() ^ after.keys() == {ADDED, DELETED}
    assert {path for path in before.keys() & after.keys() if before[path] != after[path]} == {CHANGED, "pyproject.toml"}
    assert record.of(ours)["commit"] == newest
    branch = f"template-{newest[:10]}"
    assert git(ours, "branch", "--show-current") == branch
    assert git(ours, "rev-parse", "main") == began
    assert git(ours, "log", "-1", "--format=%B") == f"Update from the template to {newest[:10]}\n\n- Know more"
    assert git(ours, "status", "--porcelain") == ""
    assert f"You are on the branch {branch}, and main is as it was.\n" in told
    assert told.endswith(f"keep it:  bin/test && git switch main && git merge {branch}\n")


def test_a_second_update_brings_what_came_after_the_first(source: Path, ours: Path) -> None:
    first = news(source)
    updated(ours)
    git(ours, "switch", "--quiet", "main")
    git(ours, "merge", "--quiet", f"template-{first[:10]}")
    retitled(source, "Build on it again")
    second = commit(source, "Again")

    updated(ours)

    assert (ours / CHANGED).read_text().startswith("# Build on it again\n")
    assert record.of(ours)["commit"] == second
    assert git(ours, "log", "-1", "--format=%b") == "- Again"


def test_what_was_taken_out_and_renamed_since_stays_so(source: Path, ours: Path) -> None:
    done(ours, "bin/remove", "celery")
    commit(ours)
    done(ours, "bin/rename", "Ours")
    commit(ours)
    for path in ("apps/tasks/more.py", "config/celery.py"):
        (source / path).write_text("CHANGED = True\n")
    retitled(source, "Build on it")
    commit(source, "More of Celery")

    updated(ours)

    assert not (ours / "apps/tasks").exists()
    assert not (ours / "config/celery.py").exists()
    assert (ours / "README.md").read_text().startswith("# Ours\n")
    assert (ours / CHANGED).read_text().startswith("# Build on it\n")
    assert record.of(ours)["without"] == ["celery", "sentry"]


def test_a_conflict_is_git_s_and_can_be_forgotten(source: Path, ours: Path) -> None:
    retitled(ours, "Mine")
    began = commit(ours)
    before = contents(ours)
    newest = news(source)

    told = update(ours)
    page = (ours / CHANGED).read_text()

    assert (told.returncode, told.stderr) == (1, "")
    assert "<<<<<<< HEAD\n# Mine\n=======\n# Build on it\n>>>>>>> " in page
    assert f"Both sides have changed the same lines of:\n  {CHANGED}\n" in told.stdout
    forget = told.stdout.strip().splitlines()[-1].partition("To forget all of it:  ")[2]
    done(ours, "bash", "-c", forget)
    assert contents(ours) == before
    assert git(ours, "rev-parse", "HEAD") == git(ours, "rev-parse", "main") == began
    assert git(ours, "branch", "--list", f"template-{newest[:10]}") == ""
    assert git(ours, "status", "--porcelain") == ""


def test_a_conflict_that_is_settled_goes_on(source: Path, ours: Path) -> None:
    retitled(ours, "Mine")
    commit(ours)
    newest = news(source)
    update(ours)

    git(ours, "checkout", "--quiet", "--ours", CHANGED)
    git(ours, "add", CHANGED)
    git(ours, "-c", "core.editor=true", "cherry-pick", "--continue")

    assert (ours / CHANGED).read_text().startswith("# Mine\n")
    assert (ours / ADDED).exists()
    assert record.of(ours)["commit"] == newest


def test_nothing_new_is_told_and_done(ours: Path) -> None:
    told = updated(ours)

    assert told.endswith("The template has nothing new.\n")
    assert git(ours, "branch", "--format=%(refname:short)") == "main"


def test_it_goes_as_far_as_is_told(source: Path, ours: Path) -> None:
    first = news(source)
    git(source, "tag", "v1", first)
    retitled(source, "Not yet")
    commit(source, "Later")

    updated(ours, "--to", "v1")

    assert record.of(ours)["commit"] == first
    assert (ours / CHANGED).read_text().startswith("# Build on it\n")


def test_a_template_that_has_moved_is_found_where_it_is(source: Path, ours: Path, tmp_path: Path) -> None:
    newest = news(source)
    moved = source.rename(tmp_path / "moved")

    lost = update(ours)
    updated(ours, "--template", str(moved))

    assert (lost.returncode, lost.stderr) == (2, f"fatal: repository '{source}' does not exist\n")
    assert record.of(ours)["commit"] == newest
    assert record.of(ours)["template"] == str(moved)


@pytest.mark.parametrize("arguments", [["--to", "v99"], ["--template", "."]], ids=" ".join)
def test_a_commit_that_the_template_does_not_have_is_told(source: Path, ours: Path, arguments: list[str]) -> None:
    unknown = "v99" if "v99" in arguments else record.of(ours)["commit"]

    told = update(ours, *arguments)

    assert told.returncode == 2
    assert told.stderr == (
        f"The template has no commit {unknown}: name another with --to, or its place with --template.\n"
    )
    assert git(ours, "branch", "--format=%(refname:short)") == "main"


def test_unsaved_work_is_not_mixed_in(source: Path, ours: Path) -> None:
    news(source)
    (ours / "mine.txt").write_text("mine")

    told = update(ours)

    assert told.returncode == 2
    assert told.stderr.startswith("There is work that git does not have yet.")
    assert git(ours, "branch", "--format=%(refname:short)") == "main"


def test_somebody_whom_git_does_not_know_is_told_so(source: Path, ours: Path) -> None:
    news(source)

    told = run(ours, "bin/update", EMAIL="", GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="user.useConfigOnly",
        GIT_CONFIG_VALUE_0="true")  # fmt: skip

    assert told.returncode == 2
    assert "user.email" in told.stderr
    assert git(ours, "branch", "--format=%(refname:short)") == "main"
    assert git(ours, "status", "--porcelain") == ""


def test_a_clone_of_the_template_has_nothing_to_follow(clone_of_template: Path) -> None:
    told = update(clone_of_template)

    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith("This project does not remember a template and its commit")
