"""`bin/dev --full`: the processes of production, on a real PostgreSQL and a real Redis, in one terminal.

Their data stay in `.services/`. DATABASE_URL and REDIS_URL, where set, are used as they are.
"""

# The commands are our own.
# ruff: noqa: S104, S603

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from time import monotonic

from config.processes import PROCESSES, STOP_DELAY
from tools.places import ServicesError
from tools.servers import SERVERS
from tools.services import running

ROOT = Path(__file__).resolve().parents[1]
COLOURS = dict(zip(PROCESSES, (36, 35, 33, 32), strict=False))


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
            prepare = [sys.executable, "manage.py", "dev", "--prepare", str(port)]
            if code := subprocess.run(prepare, cwd=ROOT, env=environment, check=False).returncode:
                return code
            # Those that listen: the others never ask for their port.
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


def start(name: str, environment: dict[str, str], port: int) -> subprocess.Popen[str]:
    # Nobody else on the network is meant to see it.
    command = shlex.split(PROCESSES[name].replace("0.0.0.0", "127.0.0.1").replace("$PORT", str(port)))
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment, "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # Ctrl-C is for us: we tell each of them to end as a platform does.
        start_new_session=True,
    )


def watch(processes: dict[str, subprocess.Popen[str]]) -> int:
    """Show what they say until one ends, or until somebody ends us; then end them all."""
    said: Queue[tuple[str, str | None]] = Queue()
    for name, process in processes.items():
        Thread(target=listen, args=(name, process, said), daemon=True).start()

    def interrupted(number: int, frame: object) -> None:
        said.put(("", None))

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    name = show_until_the_end(said)
    print(f"\n{name} ended: stopping the others." if name else "\nStopping ...", flush=True)
    stop(processes, said)
    return 1 if name else 0


def listen(name: str, process: subprocess.Popen[str], said: Queue[tuple[str, str | None]]) -> None:
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            said.put((name, line.rstrip()))
    said.put((name, None))


def show_until_the_end(said: Queue[tuple[str, str | None]]) -> str:
    """Who ended; nobody, when we were told to."""
    colourful = sys.stdout.isatty()
    while True:
        name, line = said.get()
        if line is None:
            return name
        prefix = f"{name:6} |"
        print(f"\033[{COLOURS[name]}m{prefix}\033[0m {line}" if colourful else f"{prefix} {line}", flush=True)


def stop(processes: dict[str, subprocess.Popen[str]], said: Queue[tuple[str, str | None]]) -> None:
    for process in processes.values():
        process.terminate()
    deadline = monotonic() + STOP_DELAY
    running = len([process for process in processes.values() if process.poll() is None])
    for _ in range(running):
        # A second Ctrl-C is told as an end of nobody, and ends the waiting.
        if monotonic() > deadline or not show_until_the_end(said):
            break
    for process in processes.values():
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
