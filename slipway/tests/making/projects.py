"""Projects that the template makes, with every combination of features."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from functools import cache
from itertools import chain, combinations
from pathlib import Path

from slipway import tree
from slipway.answers import FEATURES, complete
from slipway.project import out_of
from slipway.tests.git import tracked
from slipway.tree import Files
from tests.commands import ROOT

Features = tuple[str, ...]


def possible(without: Collection[str]) -> Features:
    """The features that are really left out: a feature that needs another one goes with it."""
    return complete({"project_name": "Nutmeg"}, tuple(without)).without


def every_combination() -> list[Features]:
    """All of them, by the features that are left out."""
    given = chain.from_iterable(combinations(FEATURES, number) for number in range(len(FEATURES) + 1))
    return sorted({possible(without) for without in given}, key=lambda without: (len(without), without))


def settings_of(without: Features, size: int) -> set[tuple[tuple[str, bool], ...]]:
    """Each choice of `size` features, with the answer whether each of them is left out."""
    return {tuple((key, key in without) for key in keys) for keys in combinations(FEATURES, size)}


def covering(size: int, rows: list[Features], at_most: int = 100) -> list[Features]:
    """The rows, and as many more as it takes until every combination of `size` features is in one of them."""
    candidates = every_combination()
    open_ = set().union(*(settings_of(row, size) for row in candidates))
    rows = list(rows)
    for row in rows:
        open_ -= settings_of(row, size)
    while open_ and len(rows) < at_most:
        best = max(candidates, key=lambda row: (len(settings_of(row, size) & open_), candidates.index(row)))
        rows.append(best)
        open_ -= settings_of(best, size)
    return rows


EVERY_COMBINATION = every_combination()
# Everything, nothing, and rows until any two features are together, apart and both left out in one of them.
PAIRWISE = covering(2, [(), possible(FEATURES)])
# The same for any three features.
THREEWISE = covering(3, PAIRWISE)


def name(without: Collection[str]) -> str:
    return f"without {', '.join(without)}" if without else "with all"


@cache
def template() -> Files:
    """The template as it is in the working tree, with what is not committed yet."""
    return {path: (ROOT / path).read_bytes() for path in tracked()}


def files(without: Collection[str], **given: str) -> Files:
    answers = {"project_name": "Nutmeg", **given}
    return out_of(template(), complete(answers, tuple(without)), year=2026)


@cache
def all_projects() -> dict[Features, Files]:
    """Every combination. Equal contents are the same object, so that thousands of files fit into memory."""
    known: dict[bytes, bytes] = {}
    return {
        without: {path: known.setdefault(content, content) for path, content in files(without).items()}
        for without in EVERY_COMBINATION
    }


def distinct_files() -> Iterator[tuple[str, bytes, list[Features]]]:
    """Each path and content that occurs, with the combinations in which it does."""
    found: dict[tuple[str, bytes], list[Features]] = {}
    for without, project in all_projects().items():
        for path, content in project.items():
            found.setdefault((path, content), []).append(without)
    return ((path, content, where) for (path, content), where in found.items())


def write(project: Files, folder: Path) -> None:
    """As git would check it out, with the template's packages."""
    tree.write(project, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)


def lend_packages(folder: Path) -> None:
    """A .venv of its own, made of links to the files of the template's, that bin/setup takes for installed."""
    (folder / ".venv").unlink(missing_ok=True)
    subprocess.run(["cp", "--archive", "--link", str(ROOT / ".venv"), str(folder / ".venv")], check=True)
    installed = folder / ".venv/development.txt"
    installed.unlink()
    installed.write_bytes((folder / "requirements/development.txt").read_bytes())


def run(folder: Path, *command: str, **environment: str) -> str:
    """The output of a command that must succeed."""
    done = attempt(folder, *command, **environment)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-6000:]}"
    return done.stdout


def attempt(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")
    theirs = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        command,
        cwd=folder,
        env={
            **theirs,
            "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{theirs['PATH']}",
            "PYTHON": f"{sys.base_prefix}/bin/python3",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
