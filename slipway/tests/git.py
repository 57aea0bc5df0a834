"""The files of the repository, as git lists them."""

import subprocess

from tests.commands import ROOT


def tracked(*patterns: str) -> list[str]:
    """Files that git tracks, and new files that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(path for path in listed if (ROOT / path).exists())
