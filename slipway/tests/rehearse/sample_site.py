"""Rehearsals of a small site in a repository of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from slipway.rehearse import interpreters
from slipway.rehearse.blueprint import read
from slipway.rehearse.build import Builder
from slipway.rehearse.errors import InvalidBlueprint
from slipway.rehearse.report import Report
from slipway.tests.rehearse.repositories import git
from tests.commands import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SAMPLE = Path(__file__).parent / "sample"
# More than are sent during the second deploy, when every client soon waits for /slow/.
REQUESTS = 120
SLOWLY = (f"--requests={REQUESTS}", "--overlap=0.2", "--path=/slow/")


class Site:
    """The Blueprint is in the root of the repository, the code in site/."""

    def __init__(self, folder: Path, builds: Path) -> None:
        self.folder = folder
        shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        git(folder, "init", "--quiet")
        self.write(".gitignore", ".env.rehearsal\n")
        # Sites with the same files share a build.
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
        return [sys.executable, "-P", "-m", "slipway.rehearse", blueprint, *options]

    def begin(self, *options: str) -> subprocess.Popen[str]:
        self.prepare_builds("render.yaml")
        return subprocess.Popen(
            self.command(*options), cwd=self.folder, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE
        )

    def rehearse(self, *options: str, blueprint: str = "render.yaml") -> subprocess.CompletedProcess[str]:
        """As `bin/template` runs it: the template is on PYTHONPATH, the project is the current folder."""
        self.prepare_builds(blueprint)
        return subprocess.run(
            self.command(*options, blueprint=blueprint),
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def prepare_builds(self, blueprint: str) -> None:
        """A build that uses the database keeps its virtual environment. So nothing has to create one for seconds."""
        builds = self.folder / ".rehearsal/builds"
        try:
            services = read(self.folder / blueprint).services if builds.exists() else []
        except InvalidBlueprint:
            return
        builder = Builder(builds, self.folder, "HEAD", lambda: 0, Report())
        for service in services:
            python = interpreters.find(builder.version(service, {}))
            folder = builds / builder.key(service, python)
            if not folder.exists():
                programs = folder / "venv/bin"
                programs.mkdir(parents=True)
                (programs / "pip").touch()
                (programs / "python").symlink_to(python.program)
                (folder / "built.json").write_text(json.dumps({"uses_database": True}))


def failing_output(done: subprocess.CompletedProcess[str]) -> str:
    """The output of a rehearsal that found failures."""
    assert done.returncode == 1, done.stdout
    assert done.stderr == ""
    assert "Ready for Render" not in done.stdout
    return done.stdout


def results(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    """Result and summary of each phase, from the table at the end."""
    rows = [line for line in done.stdout.split("\n\n")[-2].splitlines() if " s  " in line]
    found = {}
    for row in rows:
        name_and_seconds, _, rest = row.partition(" s  ")
        result, _, words = rest.partition("  ")
        found[name_and_seconds.rsplit(maxsplit=1)[0].strip()] = (result.strip(), words.strip())
    return found
