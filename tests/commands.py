"""Runs this project's commands as a shell would: in a process of their own, with an environment that is all theirs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "kept-from-everyone-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "www.example.com",
    "DATABASE_URL": "postgres://somebody:hidden@localhost/nothing",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python` stands for the one that runs the tests. Nothing of the caller's environment comes along but the path."""
    program = [sys.executable if command[0] == "python" else command[0], *command[1:]]
    return subprocess.run(
        program,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def tracked(*patterns: str) -> list[str]:
    """The files that git knows, or would add, below the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(path for path in listed if (ROOT / path).exists())
