"""cookiecutter makes what `python -m slipway new` makes, whatever way it comes in."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from slipway import record
from slipway.tests.making.checkouts import clone, contents, differing, done, git, run
from slipway.tests.making.conftest import ODD, ODD_WITHOUT

pytestmark = pytest.mark.slow

ODD_ANSWERS = [
    *(f"project_{key}={ODD[key]}" for key in ("name", "slug")),
    *(f"{key}={text}" for key, text in ODD.items() if key not in ("name", "slug")),
    *(f"{key}=no" for key in ODD_WITHOUT),
]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """cookiecutter keeps what it fetches and what it was told in the test's own folder."""
    path = tmp_path / "cookiecutter.yaml"
    path.write_text(f"cookiecutters_dir: {tmp_path / 'fetched'}\nreplay_dir: {tmp_path / 'replay'}\n")
    return path


def bake(
    folder: Path, settings: Path, source: Path | str, *arguments: str, said: str = ""
) -> subprocess.CompletedProcess[str]:
    into = settings.parent / "made"
    command = ["python", "-m", "cookiecutter", "--config-file", str(settings), "--output-dir", str(into)]
    return run(folder, *command, str(source), *arguments, said=said)


def made(result: subprocess.CompletedProcess[str], settings: Path) -> Path:
    assert result.returncode == 0, result.stdout + result.stderr
    [folder] = (settings.parent / "made").iterdir()
    return folder


def test_the_defaults_give_the_same_project(template: Path, project: Path, settings: Path, tmp_path: Path) -> None:
    folder = made(bake(tmp_path, settings, template, "--no-input"), settings)

    assert differing(folder, project) == []
    assert git(folder, "status", "--porcelain") == ""
    assert (
        git(folder, "log", "--format=%s %an") == git(project, "log", "--format=%s %an") == "Start The My Site authors"
    )


def test_odd_answers_give_the_same_project(template: Path, odd_project: Path, settings: Path) -> None:
    folder = made(bake(template, settings, ".", "--no-input", *ODD_ANSWERS), settings)

    assert folder.name == "odd"
    assert differing(folder, odd_project) == []


def test_answers_in_the_terminal_give_the_same_project(
    template: Path, odd_project: Path, settings: Path, tmp_path: Path
) -> None:
    asked = [key for key in json.loads((template / "cookiecutter.json").read_text()) if not key.startswith("_")]
    answers = {text.partition("=")[0]: text.partition("=")[2] for text in ODD_ANSWERS}
    # Of a choice, cookiecutter wants the number.
    answers |= {"region": "2", "plan": "2"}
    said = "".join(f"{answers.get(key, '')}\n" for key in asked)

    folder = made(bake(tmp_path, settings, template, said=said), settings)

    assert differing(folder, odd_project) == []


def test_an_address_of_git_gives_the_same_project(
    template: Path, project: Path, settings: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", template, tmp_path / "slipway.git")
    address = f"file://{tmp_path}/slipway.git"

    folder = made(bake(tmp_path, settings, address, "--no-input"), settings)

    assert differing(folder, project) == ["pyproject.toml"]
    assert record.of(folder) == {**record.of(project), "address": address}


def test_an_archive_gives_the_same_project_that_remembers_no_template(
    template: Path, project: Path, settings: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "slipway.zip"
    git(template, "archive", "--prefix=slipway/", f"--output={archive}", "HEAD")

    folder = made(bake(tmp_path, settings, archive, "--no-input"), settings)

    assert differing(folder, project) == ["pyproject.toml"]
    assert record.of(folder) == {**record.of(project), "address": ""}


def test_nothing_that_git_ignores_comes_along(
    template: Path, project: Path, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dirty = clone(template, tmp_path / "dirty")
    clutter(dirty)
    # The path of a socket must be short.
    monkeypatch.chdir(dirty / ".services")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")

        folder = made(bake(tmp_path, settings, dirty, "--no-input"), settings)
        done(dirty, "python", "-m", "slipway", "new", tmp_path / "my-site", "--yes")

    assert differing(folder, tmp_path / "my-site") == []
    assert contents(folder).keys() == contents(project).keys()


def clutter(folder: Path) -> None:
    """What a clone collects in which somebody has worked."""
    (folder / ".venv").unlink()
    (folder / ".venv").mkdir()
    (folder / ".venv/dangling").symlink_to(folder / "nowhere")
    (folder / "dangling").symlink_to(folder / "nowhere")
    (folder / ".env").write_text("SECRET_KEY=mine\n")
    (folder / "db.sqlite3").write_bytes(b"SQLite format 3\0")
    (folder / "notes.txt").write_text("untracked\n")
    (folder / ".services").mkdir()
    os.mkfifo(folder / ".services/fifo")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("project_name=🚀", "The project slug must have 1 to 40 small letters and digits"),
        ("project_slug=../up", "The project slug must have 1 to 40 small letters and digits"),
        ("email=nobody", "The e-mail address must be like hello@example.com"),
        ("time_zone=Mars/Base", "There is no time zone 'Mars/Base'"),
    ],
)
def test_a_senseless_answer_ends_it_and_leaves_nothing(
    template: Path, settings: Path, tmp_path: Path, answer: str, complaint: str
) -> None:
    result = bake(tmp_path, settings, template, "--no-input", answer)

    assert result.returncode != 0
    assert result.stderr.startswith(complaint)
    # And not a word of cookiecutter's about a hook that has failed.
    assert (result.stdout, result.stderr.count("\n")) == ("", 2)
    assert not list((tmp_path / "made").glob("*"))
    assert not (tmp_path / "up").exists()


def test_a_name_full_of_signs_comes_through(template: Path, settings: Path, tmp_path: Path) -> None:
    name = 'O\'Brien """& <\\> 🚀'

    folder = made(bake(tmp_path, settings, template, "--no-input", f"project_name={name}", "project_slug=o"), settings)

    assert record.of(folder)["project_name"] == name
    assert (folder / "README.md").read_text().startswith(f"# {name}\n")
