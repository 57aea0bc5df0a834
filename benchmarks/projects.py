"""The projects that are compared: this one with its production settings, and one made by `startproject`."""

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from config.processes import PROCESSES

ROOT = Path(__file__).resolve().parent.parent

BARE_SETTINGS = """
import os

import dj_database_url

DEBUG = False
ALLOWED_HOSTS = ["localhost"]
SECRET_KEY = os.environ["SECRET_KEY"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600)}
"""


@dataclass(frozen=True)
class Bench:
    """What all suites share."""

    folder: Path
    database_url: str
    redis_url: str
    secret_key: str
    # Check that everything runs. The results are meaningless.
    quick: bool = False

    def scaled(self, usual: int) -> int:
        return max(1, usual // 50) if self.quick else usual

    def rounds(self, usual: int) -> int:
        return 0 if self.quick else usual

    @property
    def shared(self) -> dict[str, str]:
        return {"SECRET_KEY": self.secret_key, "DATABASE_URL": self.database_url, "TMPDIR": str(self.folder)}


@dataclass
class Project:
    name: str
    folder: Path
    module: str
    environment: dict[str, str] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    gunicorn: tuple[str, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "PYTHONPATH": f"{self.folder}:{ROOT}", **self.environment}

    def python(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=self.folder, env=self.variables, check=True)


def slipway_project(bench: Bench) -> Project:
    environment = {
        **bench.shared,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "ALLOWED_HOSTS": "localhost",
        "REDIS_URL": bench.redis_url,
    }
    processes = {name: command.replace("0.0.0.0", "127.0.0.1") for name, command in PROCESSES.items()}
    return Project("slipway", ROOT, "config.wsgi", environment, processes, ("-c", "config/gunicorn.py"))


def with_all_services(project: Project) -> Project:
    """Enable every external service. No request reaches them: the addresses are local or unused."""
    services = {
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
        "CLOUDINARY_URL": "cloudinary://key:secret@cloud",
        "EMAIL_HOST": "localhost",
    }
    return replace(project, name="all services", environment={**project.environment, **services})


def bare_project(bench: Bench, name: str, settings: str, files: dict[str, str], processes: dict[str, str]) -> Project:
    """Run `startproject` and add these settings and files."""
    folder = bench.folder / name
    folder.mkdir(exist_ok=True)
    environment = {
        **bench.shared,
        "DJANGO_SETTINGS_MODULE": "bare.settings",
        # Use a separate Redis database.
        "REDIS_URL": f"{bench.redis_url.rpartition('/')[0]}/1",
    }
    project = Project("bare", folder, "bare.wsgi", environment, processes)
    if not (folder / "manage.py").exists():
        project.python("-m", "django", "startproject", "bare", ".")
        with (folder / "bare/settings.py").open("a") as settings_file:
            settings_file.write(BARE_SETTINGS + settings)
        for path, text in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        project.python("-m", "compileall", "-q", ".")
    return project
