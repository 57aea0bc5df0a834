"""Small repositories for tests of Blueprints."""

import subprocess
from pathlib import Path

BLUEPRINTS = Path(__file__).parent / "blueprints"


def git(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True)


def make_repository(folder: Path) -> Path:
    """With a build script, all in git."""
    git(folder, "init", "--quiet")
    write(folder, "build.sh", "#!/bin/sh\npip install -r requirements.txt\n", executable=True)
    write(folder, "manage.py", "import django\n")
    return folder


def write(repository: Path, name: str, text: str, *, executable: bool = False) -> None:
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(repository, "add", name)
    git(repository, "update-index", f"--chmod={'+' if executable else '-'}x", name)
