"""Commands of the status page and of docs/first-steps.md work as typed in a fresh clone."""

import os
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from tests.commands import ROOT

# What a command starts with, in contrast to the name of a file or a setting.
PROGRAM = re.compile(r"bin/|\.venv/bin/|mkdir |cp |source |python3? ")
IDENTITY = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
IDENTITY |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in IDENTITY.items()}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What is committed, after `bin/dev` has installed the packages."""
    folder = tmp_path / "mysite"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    (folder / ".git/info/exclude").write_text(".venv\n")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([".venv/bin/python", "manage.py", "migrate", "-v0"], cwd=folder, env=environment(folder), check=True)
    return folder


def environment(clone: Path) -> dict[str, str]:
    """A terminal in which no virtual environment is active."""
    path = [entry for entry in os.environ["PATH"].split(":") if not entry.startswith(str(ROOT))]
    return {"PATH": ":".join(path), "HOME": str(clone.parent), **IDENTITY}


def in_terminal(clone: Path, *commands: str) -> None:
    """Run the commands in one bash, as in one terminal."""
    script = "\n".join(["set -e", *commands])
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, env=environment(clone), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


def test_commands_of_the_status_page(client: Client, db: None, settings, clone: Path) -> None:
    settings.DEBUG = True
    shown = map(unescape, re.findall("<code>(.*?)</code>", client.get("/").text))
    # test_fresh_clone.py starts bin/dev.
    commands = [text for text in shown if PROGRAM.match(text) and text != "bin/dev"]

    assert len(commands) >= 4
    for command in commands:
        in_terminal(clone, command)
    assert (clone / "apps/notes/models.py").exists()


@pytest.mark.slow
def test_first_steps(clone: Path) -> None:
    """The blocks of the page in their order, with the edits that it describes in words between them."""
    page = (ROOT / "docs/first-steps.md").read_text()
    [activate] = re.findall("`(source .*?)`", page)
    blocks = re.findall(r"(?ms)^```(\w+)\n(.*?)^```", page)
    edits = {
        "apps/notes/apps.py": ("name = 'notes'|name = \"notes\"", 'name = "apps.notes"'),
        "config/settings/base.py": (r"(?<=apps.preflight\",\n    # Yours\n)", '    "apps.notes",\n'),
        "apps/api/urls.py": (r"(?<=    # Yours\n)", '    path("v1/", include("apps.notes.urls")),\n'),
    }

    for language, text in blocks:
        if language == "sh":
            in_terminal(clone, activate, text)
            if "startapp" in text:
                for path in ("apps/notes/apps.py", "config/settings/base.py"):
                    edit(clone / path, *edits[path])
        else:
            write_files(clone, text)
    edit(clone / "apps/api/urls.py", *edits["apps/api/urls.py"])
    (clone / "apps/notes/tests.py").unlink()
    (clone / "apps/notes/tests/__init__.py").touch()

    in_terminal(clone, "bin/test -k notes -p no:cacheprovider")


def edit(path: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, path.read_text(), count=1)
    assert count == 1, f"{pattern} is not in {path}"
    path.write_text(text)


def write_files(clone: Path, block: str) -> None:
    """A comment with its path is the first line of each file in a block."""
    for path, text in re.findall(r"(?ms)^# (apps/\S+\.py)[^\n]*\n(.*?)(?=^# apps/|\Z)", block):
        (clone / path).parent.mkdir(exist_ok=True)
        (clone / path).write_text(text)
