"""Builds a service as Render does: from what is committed, in a folder and a virtual environment of its own."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from slipway.rehearse import pythons, render
from slipway.rehearse.blueprint import Service
from slipway.rehearse.failures import Failure
from slipway.rehearse.processes import Log, clean, code, run
from slipway.rehearse.report import Report

# How this machine reaches packages. A build may need it; nothing that runs later does.
NETWORK = ("PIP_", "UV_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
SUPPLIES = {"PIP_CONFIG_FILE": ("pip/pip.conf",), "UV_CONFIG_FILE": ("uv/uv.toml",)}


NOTE = "built.json"
# Builds of earlier rehearsals, for those who go back and forth.
KEPT = 3


@dataclass(frozen=True)
class Build:
    folder: Path
    # Such a one must run for every deploy, whatever is kept.
    uses_database: bool

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def path(self) -> str:
        return pythons.path_with(self.folder / "venv/bin")


class Workshop:
    """Where builds are made and kept. Tables are counted to learn whether a build works on the database."""

    def __init__(self, folder: Path, repository: Path, commit: str, tables: Callable[[], int], report: Report) -> None:
        self.folder = folder
        self.repository = repository
        self.commit = commit
        self.tables = tables
        self.report = report
        # By whom each was made first.
        self.made: dict[Path, tuple[str, Build]] = {}
        self.missed: set[str] = set()
        self.told: set[tuple[str, Path]] = set()
        self.one_at_a_time = asyncio.Lock()

    async def build(self, service: Service, environment: dict[str, str], log: Log) -> Build:
        async with self.one_at_a_time:
            wanted = self.version(service, environment)
            python = await asyncio.to_thread(pythons.find, wanted)
            if not pythons.matches(python, wanted) and wanted not in self.missed:
                self.missed.add(wanted)
                self.report.say(f"Render would take Python {wanted}, which is not here: {python.version} is used.")
            folder = self.folder / self.key(service, python)
            first, build = self.made.get(folder, ("", remembered(folder)))
            if build and not build.uses_database:
                how = f"shares the build of {first}" if first else "is built as in an earlier rehearsal"
            else:
                how = f"is built with Python {python.version}"
                build = await self.make(service, python, folder, environment, log)
            if (service.name, folder) not in self.told:
                self.report.say(f"{service.name} {how}.")
            self.told.add((service.name, folder))
            self.made.setdefault(folder, (service.name, build))
            return build

    def version(self, service: Service, environment: dict[str, str]) -> str:
        file = f"{self.commit}:{PurePosixPath(service.root_dir, '.python-version')}"
        told = subprocess.run(["git", "show", file], cwd=self.repository, capture_output=True, text=True, check=False)
        return render.python_version(environment.get("PYTHON_VERSION"), told.stdout)

    def key(self, service: Service, python: pythons.Python) -> str:
        tree = git(self.repository, "rev-parse", f"{self.commit}:{service.root_dir}").strip()
        parts = [tree, service.build, str(python.program), python.version]
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    async def make(
        self, service: Service, python: pythons.Python, folder: Path, environment: dict[str, str], log: Log
    ) -> Build:
        build = Build(folder, False)
        # Half a build must not look like a whole one; the packages of a whole one may stay.
        if not note_of(folder).exists():
            shutil.rmtree(folder, ignore_errors=True)
        note_of(folder).unlink(missing_ok=True)
        before = self.tables()
        await asyncio.to_thread(self.prepare, service, python, build)
        variables = {**environment, **render.WHILE_BUILDING}
        surroundings = {**network(), **clean(variables, build.home, build.path)}
        process = await run("build", service.build, build.source, surroundings, log)
        if code(process):
            raise Failure(
                f"The build of {service.name} failed with code {code(process)}.",
                hint=hint_for(service, build, code(process)),
                last_words=process.last_words(),
            )
        build = replace(build, uses_database=self.tables() > before)
        note_of(folder).write_text(json.dumps({"uses_database": build.uses_database}))
        return build

    def prepare(self, service: Service, python: pythons.Python, build: Build) -> None:
        shutil.rmtree(build.source, ignore_errors=True)
        build.source.mkdir(parents=True)
        build.home.mkdir(exist_ok=True)
        archive = build.folder / "source.tar"
        git(self.repository, "archive", "--format=tar", f"--output={archive}", f"{self.commit}:{service.root_dir}")
        subprocess.run(["tar", "-xf", archive, "-C", build.source], check=True)
        archive.unlink()
        if not (build.folder / "venv/bin/pip").exists():
            command = [str(python.program), "-m", "venv", "--clear", str(build.folder / "venv")]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode:
                raise Failure(
                    f"Python {python.version} cannot make a virtual environment.",
                    hint="On Debian and Ubuntu: apt install python3-venv",
                    last_words=made.stdout + made.stderr,
                )


def note_of(folder: Path) -> Path:
    """Written when a build is complete."""
    return folder / NOTE


def remembered(folder: Path) -> Build | None:
    if not note_of(folder).exists():
        return None
    # It is in use again.
    note_of(folder).touch()
    return Build(folder, **json.loads(note_of(folder).read_text()))


def forget_old_builds(folder: Path) -> None:
    """Each commit leaves one behind, with all its packages; and half a build is of no use."""
    builds = sorted(folder.glob("*"), key=lambda build: note_of(build).exists() and note_of(build).stat().st_mtime)
    kept = [build for build in builds if note_of(build).exists()][-KEPT:]
    for build in builds:
        if build not in kept:
            shutil.rmtree(build)


def hint_for(service: Service, build: Build, status: int) -> str:
    script = service.build.split()[0]
    path = build.source / script
    if status == 126 and path.is_file() and not os.access(path, os.X_OK):
        return f"{script} is not executable as it is committed: git update-index --chmod=+x {script}"
    if status == 127:
        return (
            "A command in it is not on the path there. Is its package among the requirements, and its file committed?"
        )
    return ""


def network() -> dict[str, str]:
    """The user's own settings for packages, and where they keep what they downloaded."""
    given = {name: value for name, value in os.environ.items() if name.upper().startswith(NETWORK)}
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    found = {"PIP_CACHE_DIR": home / "Library/Caches/pip" if sys.platform == "darwin" else cache / "pip"}
    found["UV_CACHE_DIR"] = cache / "uv"
    found |= {name: config / path for name, (path,) in SUPPLIES.items() if (config / path).exists()}
    return {**{name: str(path) for name, path in found.items()}, **given}


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"git {arguments[0]} said: {done.stderr.strip()}", hint="Is the Blueprint in a git repository?")
    return done.stdout
