"""A small site in a repository of its own, and rehearsals of it, run as its owner would run them."""

import shutil
import subprocess
import sys
from pathlib import Path

from slipway.tests.rehearse.repositories import git
from tests.commands import ROOT

SAMPLE = Path(__file__).parent / "sample"
# More than are sent while the second deploy takes its time, in which every visitor soon waits for /slow/.
REQUESTS = 120
SLOWLY = (f"--requests={REQUESTS}", "--overlap=0.2", "--path=/slow/")


class Site:
    """Its Blueprint is in the repository's root, and all that Render builds from is below site/."""

    def __init__(self, folder: Path, builds: Path) -> None:
        self.folder = folder
        shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        git(folder, "init", "--quiet")
        self.write(".gitignore", ".env.rehearsal\n")
        # To make a virtual environment takes seconds: one does for all whose site/ is the same.
        builds.mkdir(exist_ok=True)
        (folder / ".rehearsal").mkdir()
        (folder / ".rehearsal/builds").symlink_to(builds)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.commit()

    def change(self, old: str, new: str, name: str = "render.yaml") -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def stage(self) -> None:
        git(self.folder, "add", "--all")

    def commit(self) -> None:
        self.stage()
        git(self.folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "A step")

    def log(self, name: str) -> str:
        path = self.folder / ".rehearsal/logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def command(self, *options: str, blueprint: str = "render.yaml") -> list[str]:
        return [sys.executable, "-m", "slipway.rehearse", str(self.folder / blueprint), *options]

    def begin(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(*options), cwd=ROOT, text=True, stdout=subprocess.PIPE)

    def rehearse(self, *options: str, blueprint: str = "render.yaml") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*options, blueprint=blueprint),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What a rehearsal said that found something to mend."""
    assert done.returncode == 1, done.stdout
    assert done.stderr == ""
    assert "Ready for Render" not in done.stdout
    return done.stdout


def verdicts(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    """By phase, as the table at the end has them: the verdict, and the words."""
    rows = [line for line in done.stdout.split("\n\n")[-2].splitlines() if " s  " in line]
    found = {}
    for row in rows:
        name_and_seconds, _, rest = row.partition(" s  ")
        verdict, _, words = rest.partition("  ")
        found[name_and_seconds.rsplit(maxsplit=1)[0].strip()] = (verdict.strip(), words.strip())
    return found
