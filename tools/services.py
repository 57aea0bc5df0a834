"""PostgreSQL and Redis (or Valkey) for tests and for `bin/dev --full`.

    python -m tools.services                    run the servers until standard input is closed
    python -m tools.services -- COMMAND         run the servers until a command ends
    python -m tools.services --keep FOLDER      keep the data in a folder
    python -m tools.services --check            only print which servers are installed

The servers stop, and temporary data are deleted, when the process that started them ends for any reason.
SERVICES=wheels ignores installed servers and uses those of Python packages. SERVICES=none uses no server.
"""

# ruff: noqa: S603, S606

import argparse
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.places import ServicesError, place_for
from tools.servers import SERVERS


@contextmanager
def running(keep: Path | str | None = None, only: Sequence[str] = ()) -> Iterator[dict]:
    """Run the servers until the block or this process ends.

    Yields DATABASE_URL and REDIS_URL, "started" with names and versions, and "missing" with a message for each server
    that is not installed.
    """
    with start_supervisor(keep, only) as supervisor:
        try:
            yield addresses(supervisor)
        finally:
            # The kernel closes it too when this process is killed. The servers stop when it is closed.
            supervisor.stdin.close()  # type: ignore[union-attr]
            supervisor.wait()


def start_supervisor(keep: Path | str | None = None, only: Sequence[str] = ()) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tools.services", *(f"--only={name}" for name in only)]
    if keep is not None:
        command.append(f"--keep={Path(keep).resolve()}")
    return subprocess.Popen(
        command,
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C in the terminal must not interrupt the cleanup.
        start_new_session=True,
    )


def addresses(supervisor: subprocess.Popen[str]) -> dict:
    if line := supervisor.stdout.readline():  # type: ignore[union-attr]
        return json.loads(line)
    raise ServicesError(supervisor.stderr.read().strip())  # type: ignore[union-attr]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.services")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="keep the data in this folder")
    parser.add_argument("--only", action="append", choices=SERVERS, default=[])
    parser.add_argument("--check", action="store_true", help="only print which servers are installed")
    parser.add_argument("command", nargs="*", help="after --: the command to run")
    options = parser.parse_args()
    try:
        if options.command:
            run(options.command, options.keep, options.only)
        return supervise(options.keep, options.only or list(SERVERS), check=options.check)
    except (ServicesError, OSError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 1


def run(command: list[str], keep: Path | None, only: Sequence[str]) -> None:
    """Replace this process by a command. It inherits the pipe that keeps the servers running."""
    supervisor = start_supervisor(keep, only)
    services = addresses(supervisor)
    # Without its database, the command would use another one without a warning.
    if services["missing"]:
        raise ServicesError("\n".join(services["missing"].values()))
    os.set_inheritable(supervisor.stdin.fileno(), True)  # type: ignore[union-attr]
    environment = {name: value for name, value in services.items() if name.endswith("_URL")}
    os.execvpe(command[0], command, os.environ | environment)


def supervise(keep: Path | None, names: Sequence[str], *, check: bool) -> int:
    """Run the servers until standard input is closed or a signal arrives. A check only prints them."""
    # A signal only makes this pipe readable, so that no signal interrupts a start or the cleanup.
    signals, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: None)
    with place_for(keep) as place:
        servers = [SERVERS[name](place) for name in names]
        found = [server for server in servers if server.find()]
        if check:
            for server in servers:
                print(f"{server.title} ({server.program})" if server in found else server.missing())
            return 0 if found == servers else 1
        report: dict = {
            "started": [server.title for server in found],
            "missing": {server.name: server.missing() for server in servers if server not in found},
        }
        try:
            report |= {server.variable: server.start() for server in found}
            print(json.dumps(report), flush=True)
            while signals not in select.select([0, signals], [], [])[0] and os.read(0, 4096):
                pass
        finally:
            for server in found:
                server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
