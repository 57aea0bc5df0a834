"""Runs commands of this project in another process."""

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
    """Run a command with only PATH and these environment variables. `python` is the Python that runs the tests."""
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
