"""`bin/dev --full`: the processes of production, on a real PostgreSQL and a real Redis, in one terminal.

The data are kept in `.services/`. If DATABASE_URL or REDIS_URL is set, that server is used.
"""

# ruff: noqa: S104, S603

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread, Timer

from config.processes import PROCESSES, STOP_DELAY
from tools.places import ServicesError
from tools.servers import SERVERS
from tools.services import running

ROOT = Path(__file__).resolve().parents[1]
COLOURS = dict(zip(PROCESSES, (36, 35, 33, 32), strict=False))
# Pairs of a process and a line. The line is None when the process has ended. A signal is ("", None).
Lines = SimpleQueue[tuple[str, str | None]]


def main() -> int:
    port = int(os.environ.get("PORT") or 8000)
    wanted = [name for name, server in SERVERS.items() if not os.environ.get(server.variable)]
    try:
        with services(wanted) as addresses:
            environment = {
                **os.environ,
                **addresses,
                "DJANGO_SETTINGS_MODULE": "config.settings.development",
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                # Channels
                "WEBSOCKET_URL": f"ws://localhost:{port + 1}",
            }
            # The database in .services/ belongs to this folder, as the default one does.
            demo = ["--demo"] if "postgres" in wanted or "--demo" in sys.argv else []
            prepare = [sys.executable, "manage.py", "dev", "--prepare", *demo, str(port)]
            if code := subprocess.run(prepare, cwd=ROOT, env=environment, check=False).returncode:
                return code
            # Only the processes that listen use their port.
            ports = {name: port + number for number, name in enumerate(PROCESSES)}
            return watch({name: start(name, environment, ports[name]) for name in PROCESSES})
    except ServicesError as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def services(wanted: list[str]) -> Iterator[dict[str, str]]:
    if not wanted:
        yield {}
        return
    print(f"Starting {' and '.join(SERVERS[name].name for name in wanted)} ...", flush=True)
    with running(keep=ROOT / ".services", only=wanted) as found:
        if found["missing"]:
            raise ServicesError("\n".join(found["missing"].values()))
        yield {name: value for name, value in found.items() if name.endswith("_URL")}


def watch(processes: dict[str, subprocess.Popen[str]]) -> int:
    """Print the output of all processes until one ends or a signal arrives. Then stop them all."""
    lines: Lines = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: lines.put(("", None)))
    for name, process in processes.items():
        Thread(target=read_lines, args=(name, process, lines), daemon=True).start()
    ended = print_lines(lines)
    print(f"\n{ended} ended. Stopping the others ..." if ended else "\nStopping ...", flush=True)
    for process in processes.values():
        process.terminate()
    # A second Ctrl-C kills the processes at once.
    timer = Timer(STOP_DELAY, lambda: lines.put(("", None)))
    timer.start()
    running = {*processes} - {ended}
    while running and (name := print_lines(lines)):
        running.discard(name)
    timer.cancel()
    for process in processes.values():
        process.kill()
        process.wait()
    return 1 if ended else 0


def start(name: str, environment: dict[str, str], port: int) -> subprocess.Popen[str]:
    # Listen on this machine only.
    command = PROCESSES[name].replace("0.0.0.0", "127.0.0.1").replace("$PORT", str(port))
    return subprocess.Popen(
        shlex.split(command),
        cwd=ROOT,
        env={**environment, "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C goes to this process only, which then stops the others as a platform does.
        start_new_session=True,
    )


def read_lines(name: str, process: subprocess.Popen[str], lines: Lines) -> None:
    with process:
        for line in process.stdout or ():
            lines.put((name, line.rstrip()))
    lines.put((name, None))


def print_lines(lines: Lines) -> str:
    """Print lines until a process ends or a signal arrives. Return the name of the process, or "" for a signal."""
    while True:
        name, line = lines.get()
        if line is None:
            return name
        prefix = f"{name:6} |"
        print(f"\033[{COLOURS[name]}m{prefix}\033[0m {line}" if sys.stdout.isatty() else f"{prefix} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
