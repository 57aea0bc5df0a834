"""Projects that this template makes, without some of the features."""

import os
import subprocess
from collections.abc import Collection
from functools import cache
from itertools import chain, combinations
from pathlib import Path

from slipway import tree
from slipway.answers import FEATURES, complete
from slipway.project import out_of
from slipway.tests.git import tracked
from slipway.tree import Files
from tests.commands import ROOT

# What is left out, in every combination: each is named by its keys.
SUBSETS = list(chain.from_iterable(combinations(FEATURES, number) for number in range(len(FEATURES) + 1)))


def name(without: Collection[str]) -> str:
    return f"without {', '.join(without)}" if without else "with all"


@cache
def template() -> Files:
    """As it is here, with what is not committed yet."""
    return {path: (ROOT / path).read_bytes() for path in tracked()}


def files(without: Collection[str], **given: str) -> Files:
    answers = {"project_name": "Nutmeg", **given}
    return out_of(template(), complete(answers, tuple(without)), year=2026)


def write(project: Files, folder: Path) -> None:
    """As git would have it, with the packages of the template."""
    tree.write(project, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)


def run(folder: Path, *command: str, **environment: str) -> str:
    """What it says, as long as it ends well."""
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")
    theirs = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**theirs, "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{theirs['PATH']}", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-6000:]}"
    return done.stdout
