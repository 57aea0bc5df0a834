"""`python -m slipway new`: what it makes, what it asks, and what it refuses."""

import datetime
import os
import re
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from slipway import catalogue, names, record
from slipway.answers import FEATURES, PROMPTS
from slipway.tests.making.checkouts import clone, contents, differing, done, git, run

# The standard library is enough, so no other package can be found.
NEW = ("python", "-S", "-m", "slipway", "new")

# Where a project with the defaults may differ from the template, but for names.
CUT = {
    ".github/workflows/ci.yml",
    "apps/pages/templates/pages/status.html",
    "README.md",
    ".gitattributes",
    "Dockerfile",
    "docs/template.md",
    "requirements/development.in",
    "requirements/development.txt",
}
OWN = {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"}


def left_out(found: dict[str, Any]) -> list[str]:
    return [key for key in FEATURES if key not in found["features"]]


# What comes of it


def test_the_defaults_change_nothing_but_names(template: Path, project: Path) -> None:
    """And what is the template's own goes, line by line: nothing else is touched, and nothing is added."""
    known = catalogue.read((template / "slipway/features.toml").read_text())
    gone = tuple(known.owned(["template"]))
    before = {path: content for path, (content, _) in contents(template).items()}
    after = {path: content for path, (content, _) in contents(project).items()}

    back = names.rename(after, name="Slipway", slug="slipway")

    left_out = before.keys() - after.keys()
    assert after.keys() <= before.keys()
    assert all(any(path == own or path.startswith(f"{own}/") for own in gone) for path in left_out)
    assert {path for path in after if back[path] != before[path]} == CUT | OWN
    for swap in known.due(["template"]):
        before[swap.file] = re.sub(swap.old, swap.new, before[swap.file].decode()).encode()
    for path in CUT - OWN:
        added = Counter(back[path].decode().splitlines()) - Counter(before[path].decode().splitlines())
        # A lock says on one line what only one wants.
        assert all(path.endswith(".txt") and re.match(r"    # via \S+$", line) for line in added), added


def test_what_bears_the_answers_says_nothing_else(template: Path, project: Path) -> None:
    year = datetime.datetime.now(datetime.UTC).year

    def added(path: str) -> list[str]:
        before, after = ((folder / path).read_text().splitlines() for folder in (template, project))
        return list((Counter(after) - Counter(before)).elements())

    assert added("LICENSE") == [f"Copyright (c) {year} The My Site authors"]
    assert added("README.md")[:2] == ["# My Site", "The site of My Site."]
    assert added("config/settings/base.py") == ['SITE_NAME = "My Site"']
    assert added("CHANGELOG.md") == ["- The project begins."]
    assert len((project / "CHANGELOG.md").read_text().splitlines()) == 7
    assert [
        line for line in added("pyproject.toml") if line and not line.startswith(("address", "commit", "features"))
    ] == [
        'name = "my-site"',
        'description = "The site of My Site."',
        'description = "The site of My Site."',
        'authors = [{ name = "The My Site authors", email = "hello@example.com" }]',
        "[tool.template]",
        "# What this project was made from. Change it with bin/template only.",
        'project_name = "My Site"',
        'project_slug = "my-site"',
        'domain = "www.example.com"',
        'author = "The My Site authors"',
        'email = "hello@example.com"',
        'time_zone = "UTC"',
        'region = "frankfurt"',
        'plan = "paid"',
        f"year = {year}",
    ]


def test_only_the_credit_the_record_and_the_update_speak_of_the_template(project: Path) -> None:
    spoken = re.compile(r"(?i)slipway|cookiecutter|scaffold")
    lines = [
        (path, line)
        for path, (content, _) in contents(project).items()
        for line in content.decode(errors="replace").splitlines()
        if spoken.search(line)
    ]

    assert not [path for path in contents(project) if spoken.search(path)]
    assert all(line.startswith("address = ") for path, line in lines if path == "pyproject.toml")
    assert {path for path, _ in lines} == {"pyproject.toml", "tools/template.py"}


def test_it_remembers_the_template_and_its_commit(template: Path, project: Path) -> None:
    found = record.of(project)

    assert found["address"] == str(template)
    assert found["commit"] == git(template, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("address", "remembered"),
    [
        ("https://ada:hunter2@example.com/x.git", "https://example.com/x.git"),
        ("ssh://git:hunter2@example.com/x.git", "ssh://example.com/x.git"),
        ("git@example.com:ada/x.git", "git@example.com:ada/x.git"),
    ],
)
def test_a_password_in_the_address_is_not_remembered(
    clone_of_template: Path, tmp_path: Path, address: str, remembered: str
) -> None:
    git(clone_of_template, "remote", "set-url", "origin", address)

    done(clone_of_template, *NEW, tmp_path / "site", "--yes", "--no-history")

    assert record.of(tmp_path / "site")["address"] == remembered
    assert "hunter2" not in (tmp_path / "site/pyproject.toml").read_text()


def test_scripts_can_be_run_and_nothing_else_can(project: Path) -> None:
    for path, file in contents(project).items():
        assert file.executable == file.content.startswith(b"#!"), path


def test_it_takes_less_than_a_second(template: Path, tmp_path: Path) -> None:
    def taken(number: int) -> float:
        """On the processor: what else this machine has to do does not count."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done(template, *NEW, tmp_path / str(number), "--yes", "--no-history")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(taken(number) for number in range(3)) < 1
    assert not (tmp_path / "0/.git").exists()


def test_nothing_that_git_does_not_know_comes_along(template: Path, project: Path, tmp_path: Path) -> None:
    # As an archive has it: no git there to ask.
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    git(template, "archive", f"--output={tmp_path / 'template.tar'}", "HEAD")
    done(tmp_path, "tar", "xf", tmp_path / "template.tar", "-C", unpacked)
    for folder in (unpacked, clone(template, tmp_path / "clone")):
        (folder / ".venv").unlink(missing_ok=True)
        (folder / ".venv").mkdir()
        (folder / ".venv/dangling").symlink_to(folder / "nowhere")
        (folder / ".env").write_text("SECRET_KEY=mine\n")
        (folder / "db.sqlite3-wal").write_bytes(b"\0")
        (folder / ".services").mkdir()
        os.mkfifo(folder / ".services/fifo")

        done(folder, *NEW, tmp_path / f"from-{folder.name}", "--yes", "--name=My Site")

    assert differing(tmp_path / "from-unpacked", project) == ["pyproject.toml"]
    assert record.of(tmp_path / "from-unpacked")["commit"] == git(template, "rev-parse", "HEAD")
    assert differing(tmp_path / "from-clone", project) == []


def test_what_was_left_out_and_answered_can_be_had_again(template: Path, odd_project: Path, tmp_path: Path) -> None:
    done(template, *NEW, tmp_path / "again", "--like", odd_project, "--no-history")

    assert differing(tmp_path / "again", odd_project) == []


def test_a_project_that_remembers_nothing_cannot_be_made_again(template: Path, tmp_path: Path) -> None:
    told = run(template, *NEW, tmp_path / "again", "--like", template)

    assert (told.returncode, told.stderr) == (2, f"{template}/pyproject.toml has no [tool.template] section.\n")


# Its history


def test_it_begins_with_one_commit_of_everything(project: Path) -> None:
    assert git(project, "log", "--format=%s, %an <%ae>") == "Start, The My Site authors <hello@example.com>"
    assert git(project, "branch", "--show-current") == "main"
    assert git(project, "status", "--porcelain", "--ignored") == ""
    assert set(git(project, "-c", "core.quotePath=no", "ls-files").splitlines()) == contents(project).keys()


def test_the_first_commit_minds_nothing_that_this_machine_does(template: Path, tmp_path: Path) -> None:
    refusing = tmp_path / "hooks"
    refusing.mkdir()
    (refusing / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (refusing / "pre-commit").chmod(0o755)
    (tmp_path / "model/hooks").mkdir(parents=True)
    (tmp_path / "model/hooks/commit-msg").symlink_to(refusing / "pre-commit")
    (tmp_path / "ignored").write_text("bin/\n*.toml\n.env.example\n")
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = false\n[core]\n\thooksPath = {refusing}\n"
        f"\texcludesFile = {tmp_path / 'ignored'}\n[init]\n\ttemplateDir = {tmp_path / 'model'}\n"
        "\tdefaultBranch = trunk\n[user]\n\tuseConfigOnly = true\n"
    )

    told = run(template, *NEW, tmp_path / "site", "--yes", GIT_CONFIG_GLOBAL=str(config))

    assert (told.returncode, told.stderr) == (0, "")
    assert git(tmp_path / "site", "rev-list", "--count", "HEAD") == "1"
    assert (
        set(git(tmp_path / "site", "-c", "core.quotePath=no", "ls-files").splitlines())
        == contents(tmp_path / "site").keys()
    )


def test_without_git_there_is_a_project_and_a_sentence(template: Path, project: Path, tmp_path: Path) -> None:
    done(tmp_path, "cp", "-r", template, tmp_path / "unpacked")
    done(tmp_path, "rm", "-r", tmp_path / "unpacked/.git")

    told = run(tmp_path / "unpacked", *NEW, tmp_path / "my-site", "--yes", PATH=str(tmp_path))

    assert told.returncode == 0
    assert told.stderr == "git is not installed, so the project has no repository yet.\n"
    assert differing(tmp_path / "my-site", project) == ["pyproject.toml"]


def test_a_clone_without_git_is_told_so(template: Path, tmp_path: Path) -> None:
    told = run(template, *NEW, tmp_path / "my-site", "--yes", PATH=str(tmp_path))

    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "git" in told.stderr
    assert not (tmp_path / "my-site").exists()


# What it refuses


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--name", "two\nlines"], "The project's name must be one line of text."),
        (["--name", "🚀"], "The project slug must have 1 to 40 small letters and digits"),
        (["--email", "nobody"], "The e-mail address must be like hello@example.com, not 'nobody'."),
        (["--without", "redis"], "python -m slipway new: error: argument --without: invalid choice: 'redis'"),
    ],
)
def test_a_senseless_option_is_refused_and_leaves_nothing(
    template: Path, tmp_path: Path, options: list[str], complaint: str
) -> None:
    told = run(template, *NEW, tmp_path / "deep/site", "--yes", *options)

    assert (told.returncode, told.stdout) == (2, "")
    assert complaint in told.stderr
    assert told.stderr.count("\n") == 1 or told.stderr.startswith("usage: ")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_is_left_alone(template: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    for name in ("file", "full", "link", "file/below"):
        told = run(template, *NEW, tmp_path / name, "--yes")
        assert (told.returncode, told.stdout) == (2, ""), name
        assert told.stderr.count("\n") == 1
        assert "Traceback" not in told.stderr

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "file", "full", "link"]
    assert (tmp_path / "file").read_text() == (tmp_path / "full/file").read_text() == "mine"
    assert (tmp_path / "link").is_symlink()


def test_an_empty_folder_is_a_good_place(template: Path, project: Path, tmp_path: Path) -> None:
    (tmp_path / "my-site").mkdir()

    done(template, *NEW, tmp_path / "my-site", "--yes")

    assert differing(tmp_path / "my-site", project) == []
    assert (tmp_path / "my-site").stat().st_mode & 0o777 == 0o755


def test_the_next_command_can_be_pasted(template: Path, tmp_path: Path) -> None:
    told = done(template, *NEW, tmp_path / "my own site", "--yes", "--no-history")

    assert told == f"My Own Site is in {tmp_path}/my own site. Next: cd '{tmp_path}/my own site' && bin/dev\n"


# What it asks


def answers(asked: Collection[str] = PROMPTS.keys(), **given: str) -> str:
    return "".join(f"{given.get(name, '')}\n" for name in asked)


def test_nothing_but_returns_gives_the_defaults(template: Path, project: Path, tmp_path: Path) -> None:
    told = done(template, *NEW, tmp_path / "my-site", said=answers())

    assert differing(tmp_path / "my-site", project) == []
    places = [told.index(prompt) for prompt in PROMPTS.values()]
    assert places == sorted(places)
    for default in ("[My Site]", "[my-site]", "[The site of My Site.]", "[www.example.com]", "[hello@example.com]"):
        assert default in told
    assert told.count("[Y/n]") == len(FEATURES)


def test_answers_give_what_options_give(template: Path, odd_project: Path, tmp_path: Path) -> None:
    given = {name: str(text) for name, text in record.of(odd_project).items()}
    left_out = {"celery": "n", "cloudinary": "NO", "github": "No"}

    done(template, *NEW, tmp_path / "odd", said=answers(**{**given, **left_out}))

    assert differing(tmp_path / "odd", odd_project) == []


def test_a_senseless_answer_is_asked_again(template: Path, tmp_path: Path) -> None:
    said = answers(email="nobody\nada@example.org", celery="perhaps\nn", plan="gold\nfree")

    told = done(template, *NEW, tmp_path / "site", "--no-history", said=said)

    assert told.count(PROMPTS["email"]) == told.count(PROMPTS["celery"]) == told.count(PROMPTS["plan"]) == 2
    assert "The e-mail address must be like hello@example.com, not 'nobody'." in told
    assert "Answer y or n." in told
    assert "The plan must be one of paid, free." in told
    found = record.of(tmp_path / "site")
    assert (found["email"], left_out(found), found["plan"]) == ("ada@example.org", ["celery"], "free")


def test_what_was_said_is_not_asked(template: Path, tmp_path: Path) -> None:
    left = [name for name in PROMPTS if name not in ("project_name", "email", "sentry")]

    told = done(
        template, *NEW, tmp_path / "site", "--no-history", "--name=Ours", "--email=a@b.org", "--without=sentry",
        said="\n" * len(left),
    )  # fmt: skip

    assert [name for name in PROMPTS if PROMPTS[name] in told] == left
    found = record.of(tmp_path / "site")
    assert (found["project_name"], found["email"], left_out(found)) == ("Ours", "a@b.org", ["sentry"])


def test_without_render_nothing_is_asked_about_it(template: Path, tmp_path: Path) -> None:
    asked = [name for name in PROMPTS if name not in ("region", "plan")]

    told = done(template, *NEW, tmp_path / "site", "--no-history", said=answers(asked, render="n"))

    assert PROMPTS["region"] not in told
    assert PROMPTS["plan"] not in told
    assert left_out(record.of(tmp_path / "site")) == ["render"]


def test_a_folder_with_no_letters_in_it_needs_a_name_for_machines(template: Path, tmp_path: Path) -> None:
    told = done(template, *NEW, tmp_path / "🚀", "--no-history", said=answers(project_slug="\nrocket"))

    assert told.count(PROMPTS["project_slug"]) == 2
    assert record.of(tmp_path / "🚀")["project_slug"] == "rocket"


def test_the_end_of_the_answers_makes_nothing(template: Path, tmp_path: Path) -> None:
    told = run(template, *NEW, tmp_path / "site", said="My Site\n")

    assert (told.returncode, told.stderr) == (130, "\nNothing was changed.\n")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_makes_nothing(template: Path, tmp_path: Path) -> None:
    # What started the tests may have had them ignore it.
    with subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, *NEW[1:], tmp_path / "site"],
        cwd=template,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asking:
        assert asking.stdout
        asking.stdout.read(len(PROMPTS["project_name"]))

        asking.send_signal(signal.SIGINT)
        _, complaint = asking.communicate(timeout=10)

    assert (asking.returncode, complaint) == (130, b"\nNothing was changed.\n")
    assert list(tmp_path.iterdir()) == []
