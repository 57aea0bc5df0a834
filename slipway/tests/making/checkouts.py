"""Folders of the tests: what a command says there, and what a tree holds."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from slipway.tests.git import tracked
from tests.commands import ROOT

# Where the name stands.
BEARERS = {
    "README.md",
    "config/settings/base.py",
    "deploy/render-free.yaml",
    "docs/render.md",
    "pyproject.toml",
    "render.yaml",
}


class File(NamedTuple):
    content: bytes
    executable: bool


def run(folder: Path, *command: str | Path, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """`python` stands for the one that runs the tests. Git knows nobody there, but for what the caller sets."""
    program = sys.executable if command[0] == "python" else command[0]
    nobody = {"HOME": str(folder.parent / "home"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **nobody, **environment},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def done(folder: Path, *command: str | Path, said: str = "", **environment: str) -> str:
    """What it says, as long as it ends well."""
    result = run(folder, *command, said=said, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def git(folder: Path, *command: str | Path) -> str:
    somebody = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    return done(folder, "git", *somebody, *command).strip()


def commit(folder: Path, subject: str = "Mine") -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", subject)
    return git(folder, "rev-parse", "HEAD")


def copy_of_this(folder: Path) -> Path:
    """This template as it is here, with what is not committed yet, in a repository of its own."""
    for path in tracked():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / path).read_bytes())
        target.chmod((ROOT / path).stat().st_mode)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "The template")
    return folder


def clone(source: Path, folder: Path) -> Path:
    """With the packages of the tests, where its commands look for them."""
    git(source.parent, "clone", "--quiet", source, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def contents(folder: Path) -> dict[str, File]:
    """All that lies there, but for git's own and the packages."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name.partition("/")[0] not in (".git", ".venv"):
            found[name] = File(path.read_bytes(), os.access(path, os.X_OK))
    return found


def differing(one: Path, other: Path) -> list[str]:
    """The paths of what is not the same in both."""
    ours, theirs = contents(one), contents(other)
    return sorted(path for path in ours | theirs if ours.get(path) != theirs.get(path))


def without_lines(folder: Path, path: str, *beginnings: str) -> list[str]:
    lines = (folder / path).read_text().splitlines()
    return [line for line in lines if not line.startswith(beginnings)]
