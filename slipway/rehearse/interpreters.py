"""The Python interpreter for a service: the version that Render would use, if this machine has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Folders of pyenv and uv.
INSTALLED = (".pyenv/versions/{}*/bin/python3", ".local/share/uv/python/cpython-{}*/bin/python3")


@dataclass(frozen=True)
class Python:
    program: Path
    version: str


def find(wanted: str) -> Python:
    """The wanted patch version, else another patch of the minor version, else the running Python."""
    minor = ".".join(wanted.split(".")[:2])
    found = [python for program in programs(minor) if (python := inspect(program)) and matches(python, minor)]
    return next((python for python in found if matches(python, wanted)), found[0] if found else current())


def programs(minor: str) -> Iterator[Path]:
    if path := shutil.which(f"python{minor}"):
        yield Path(path)
    for pattern in INSTALLED:
        yield from sorted(Path.home().glob(pattern.format(minor)), reverse=True)


def inspect(program: Path) -> Python | None:
    """Run it: a shim of a version manager may not work."""
    script = "import platform, sys; print(sys._base_executable); print(platform.python_version())"
    output = subprocess.run([program, "-c", script], capture_output=True, text=True, check=False).stdout.splitlines()
    return Python(Path(output[0]), output[1]) if len(output) == 2 else None


def current() -> Python:
    python = inspect(Path(sys.executable))
    assert python
    return python


def matches(python: Python, wanted: str) -> bool:
    return f"{python.version}.".startswith(f"{wanted}.")


def path_with(folder: Path) -> str:
    """This folder, then the system's folders. Programs in the home folder are not on Render."""
    system = ["/usr/local/bin", "/opt/homebrew/bin", *(os.confstr("CS_PATH") or "/usr/bin:/bin").split(os.pathsep)]
    return os.pathsep.join([str(folder), *system])
