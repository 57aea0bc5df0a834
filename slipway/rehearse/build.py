"""Builds a service as Render does: from a commit, in its own folder and virtual environment."""

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

from slipway.rehearse import interpreters, render
from slipway.rehearse.blueprint import Service
from slipway.rehearse.errors import Failure
from slipway.rehearse.processes import Log, clean_environment, run_command
from slipway.rehearse.report import Report

# Variables for package downloads, which a build needs and a running service does not.
DOWNLOAD_VARIABLES = (
    "PIP_",
    "UV_",
    "SSL_CERT_",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
)
CONFIG_FILES = {"PIP_CONFIG_FILE": ("pip/pip.conf",), "UV_CONFIG_FILE": ("uv/uv.toml",)}

# Written when a build is complete.
MARKER = "built.json"
# Number of builds that stay for later rehearsals.
KEPT_BUILDS = 3


@dataclass(frozen=True)
class Build:
    folder: Path
    # Runs for every deploy.
    uses_database: bool

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def path(self) -> str:
        return interpreters.path_with(self.folder / "venv/bin")


class Builder:
    """Makes and keeps builds. Counts tables before and after a build to see whether it uses the database."""

    def __init__(self, folder: Path, repository: Path, commit: str, tables: Callable[[], int], report: Report) -> None:
        self.folder = folder
        self.repository = repository
        self.commit = commit
        self.tables = tables
        self.report = report
        # The service that each was built for first.
        self.builds: dict[Path, tuple[str, Build]] = {}
        self.missing_versions: set[str] = set()
        self.reported: set[tuple[str, Path]] = set()
        self.one_at_a_time = asyncio.Lock()

    async def build(self, service: Service, environment: dict[str, str], log: Log) -> Build:
        async with self.one_at_a_time:
            wanted = self.version(service, environment)
            python = await asyncio.to_thread(interpreters.find, wanted)
            if not interpreters.matches(python, wanted) and wanted not in self.missing_versions:
                self.missing_versions.add(wanted)
                self.report.info(f"Python {wanted} is not installed here: using {python.version}.")
            folder = self.folder / self.key(service, python)
            first, build = self.builds.get(folder, ("", finished_build(folder)))
            if build and not build.uses_database:
                how = f"uses the build of {first}" if first else "uses the build of an earlier rehearsal"
            else:
                how = f"is built with Python {python.version}"
                build = await self.make_build(service, python, folder, environment, log)
            if (service.name, folder) not in self.reported:
                self.report.info(f"{service.name} {how}.")
            self.reported.add((service.name, folder))
            self.builds.setdefault(folder, (service.name, build))
            return build

    def version(self, service: Service, environment: dict[str, str]) -> str:
        file = f"{self.commit}:{PurePosixPath(service.root_dir, '.python-version')}"
        done = subprocess.run(["git", "show", file], cwd=self.repository, capture_output=True, text=True, check=False)
        return render.python_version(environment.get("PYTHON_VERSION"), done.stdout)

    def key(self, service: Service, python: interpreters.Python) -> str:
        tree = git(self.repository, "rev-parse", f"{self.commit}:{service.root_dir}").strip()
        parts = [tree, service.build, str(python.program), python.version]
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    async def make_build(
        self, service: Service, python: interpreters.Python, folder: Path, environment: dict[str, str], log: Log
    ) -> Build:
        build = Build(folder, False)
        # Delete an incomplete build. A complete one keeps its packages.
        if not marker_of(folder).exists():
            shutil.rmtree(folder, ignore_errors=True)
        marker_of(folder).unlink(missing_ok=True)
        before = self.tables()
        await asyncio.to_thread(self.prepare, service, python, build)
        variables = {**environment, **render.BUILD_VARIABLES}
        build_environment = {**download_variables(), **clean_environment(variables, build.home, build.path)}
        process = await run_command("build", service.build, build.source, build_environment, log)
        if process.exit_code:
            raise Failure(
                f"The build of {service.name} failed with code {process.exit_code}.",
                hint=hint_for(service, build, process.exit_code),
                last_lines=process.last_lines(),
            )
        build = replace(build, uses_database=self.tables() > before)
        marker_of(folder).write_text(json.dumps({"uses_database": build.uses_database}))
        return build

    def prepare(self, service: Service, python: interpreters.Python, build: Build) -> None:
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
                    f"Python {python.version} cannot create a virtual environment.",
                    hint="On Debian and Ubuntu: apt install python3-venv",
                    last_lines=made.stdout + made.stderr,
                )


def marker_of(folder: Path) -> Path:
    return folder / MARKER


def finished_build(folder: Path) -> Build | None:
    if not marker_of(folder).exists():
        return None
    # Keep it longer.
    marker_of(folder).touch()
    return Build(folder, **json.loads(marker_of(folder).read_text()))


def delete_old_builds(folder: Path) -> None:
    """Each commit leaves a build with all its packages."""
    builds = sorted(folder.glob("*"), key=lambda build: marker_of(build).exists() and marker_of(build).stat().st_mtime)
    kept = [build for build in builds if marker_of(build).exists()][-KEPT_BUILDS:]
    for build in builds:
        if build not in kept:
            shutil.rmtree(build)


def hint_for(service: Service, build: Build, status: int) -> str:
    script = service.build.split()[0]
    path = build.source / script
    if status == 126 and path.is_file() and not os.access(path, os.X_OK):
        return f"{script} is not executable in the commit. Run: git update-index --chmod=+x {script}"
    if status == 127:
        return "A command is not found. Is its package in the requirements, or its file in the commit?"
    return ""


def download_variables() -> dict[str, str]:
    """The user's settings and caches of pip and uv."""
    given = {name: value for name, value in os.environ.items() if name.upper().startswith(DOWNLOAD_VARIABLES)}
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    found = {"PIP_CACHE_DIR": home / "Library/Caches/pip" if sys.platform == "darwin" else cache / "pip"}
    found["UV_CACHE_DIR"] = cache / "uv"
    found |= {name: config / path for name, (path,) in CONFIG_FILES.items() if (config / path).exists()}
    return {**{name: str(path) for name, path in found.items()}, **given}


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"git {arguments[0]} failed: {done.stderr.strip()}", hint="Is the Blueprint in a git repository?")
    return done.stdout
