"""The files that git knows. Render gets no others."""

import posixpath
import subprocess
from functools import cached_property
from pathlib import Path

EXECUTABLE = "100755"


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def modes(self) -> dict[str, str]:
        """File modes of all files that are committed or staged."""
        command = ["git", "ls-files", "--stage", "-z"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False).stdout
        entries = [entry.partition("\t") for entry in listed.split("\0") if entry]
        return {path: about.split()[0] for about, _, path in entries}

    def __contains__(self, path: str) -> bool:
        return path in self.modes

    def is_executable(self, path: str) -> bool:
        return self.modes.get(path) == EXECUTABLE

    def ignores(self, path: str) -> bool:
        """Ignored files are probably created by the build."""
        command = ["git", "check-ignore", "--quiet", path]
        return subprocess.run(command, cwd=self.root, capture_output=True, check=False).returncode == 0

    def text(self, path: str) -> str:
        file = self.root / path
        return file.read_text(errors="replace") if path in self and file.is_file() else ""


def below(folder: str, path: str) -> str:
    """A path relative to the repository, as git writes it."""
    return posixpath.normpath(posixpath.join(folder, path))
