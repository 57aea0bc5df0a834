"""The Python that Render would take for a service, as far as this machine has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Where version managers keep what they installed.
KEPT = (".pyenv/versions/{}*/bin/python3", ".local/share/uv/python/cpython-{}*/bin/python3")


@dataclass(frozen=True)
class Python:
    program: Path
    version: str


def find(wanted: str) -> Python:
    """One of the wanted minor version, of the very patch if it is here, else the one that runs us."""
    minor = ".".join(wanted.split(".")[:2])
    found = [python for program in programs(minor) if (python := ask(program)) and matches(python, minor)]
    return next((python for python in found if matches(python, wanted)), found[0] if found else ours())


def programs(minor: str) -> Iterator[Path]:
    if path := shutil.which(f"python{minor}"):
        yield Path(path)
    for pattern in KEPT:
        yield from sorted(Path.home().glob(pattern.format(minor)), reverse=True)


def ask(program: Path) -> Python | None:
    """By running it: a version manager's stand-in may lead nowhere."""
    script = "import platform, sys; print(sys._base_executable); print(platform.python_version())"
    told = subprocess.run([program, "-c", script], capture_output=True, text=True, check=False).stdout.splitlines()
    return Python(Path(told[0]), told[1]) if len(told) == 2 else None


def ours() -> Python:
    python = ask(Path(sys.executable))
    assert python
    return python


def matches(python: Python, wanted: str) -> bool:
    return f"{python.version}.".startswith(f"{wanted}.")


def path_with(folder: Path) -> str:
    """Programs of this folder first, then the system's. What the user installed for themselves is not on Render."""
    system = ["/usr/local/bin", "/opt/homebrew/bin", *(os.confstr("CS_PATH") or "/usr/bin:/bin").split(os.pathsep)]
    return os.pathsep.join([str(folder), *system])
