"""A real PostgreSQL and a real Redis or Valkey for this machine.

    python -m tools.services                    serve until standard input ends
    python -m tools.services -- pytest -x       serve for as long as a command runs
    python -m tools.services --keep FOLDER      serve data that stay, for development
    python -m tools.services --check            only say which servers are here

The servers end, and temporary data are deleted, when the process that started them ends for any reason.
SERVICES=wheels passes over installed servers, SERVICES=none over the Python packages' as well.
"""

# This module starts programs of this machine by their names.
# ruff: noqa: S603

import argparse
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools.servers import SERVERS, ServicesError, place_for


@contextmanager
def running(keep: Path | str | None = None, only: Sequence[str] = ()) -> Iterator[dict]:
    """Serve for as long as the block lasts, or this process, whichever ends first.

    Yields DATABASE_URL and REDIS_URL for what serves, "started" with its names and versions, and
    "missing" with a sentence for each server that is not on this machine.
    """
    command = [sys.executable, "-m", "tools.services", *(f"--only={name}" for name in only)]
    if keep is not None:
        command.append(f"--keep={Path(keep).resolve()}")
    # A session of its own: Ctrl-C in the terminal must not interrupt the cleanup.
    supervisor = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        start_new_session=True,
    )
    # For the type checker.
    assert supervisor.stdin
    assert supervisor.stdout
    assert supervisor.stderr
    with supervisor.stdout, supervisor.stderr:
        try:
            line = supervisor.stdout.readline()
            if not line:
                raise ServicesError(supervisor.stderr.read().strip())
            yield json.loads(line)
        finally:
            # The kernel closes it too when this process is killed. The servers end when it is closed.
            supervisor.stdin.close()
            supervisor.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.services")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where the data stay")
    parser.add_argument("--only", action="append", choices=SERVERS, default=[])
    parser.add_argument("--check", action="store_true", help="only say which servers are here")
    parser.add_argument("command", nargs="*", help="after --: what to run meanwhile")
    options = parser.parse_args()
    try:
        if options.check:
            return check(options.keep, options.only)
        if options.command:
            return run(options.command, options.keep, options.only)
        supervise(options.keep, options.only)
    except (ServicesError, OSError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def check(keep: Path | None, only: Sequence[str]) -> int:
    """Name the servers that would start; fail when one is missing."""
    with place_for(keep) as place:
        servers = [SERVERS[name](place) for name in only or SERVERS]
        found = [server.find() for server in servers]
        for server, is_here in zip(servers, found, strict=True):
            print(f"{server.title} ({server.program})" if is_here else server.missing())
    return 0 if all(found) else 1


def run(command: list[str], keep: Path | None, only: Sequence[str]) -> int:
    """Run a command with the servers, and return its exit code."""
    process = None
    early = []

    def pass_on(number: int, frame: object) -> None:
        if process:
            process.send_signal(number)
        else:
            early.append(number)

    with running(keep, only) as services:
        # Without its database, the command would use another one without a warning.
        if services["missing"]:
            raise ServicesError("\n".join(services["missing"].values()))
        addresses = {name: value for name, value in services.items() if name.endswith("_URL")}
        signal.signal(signal.SIGTERM, pass_on)
        signal.signal(signal.SIGHUP, pass_on)
        # Ctrl-C reaches the command by itself, as it is in the same process group.
        signal.signal(signal.SIGINT, lambda number, frame: None)
        process = subprocess.Popen(command, env=os.environ | addresses)
        for number in early:
            process.send_signal(number)
        code = process.wait()
    return code if code >= 0 else 128 - code


def supervise(keep: Path | None, only: Sequence[str]) -> None:
    """Serve until standard input ends or a signal comes, then leave nothing behind."""
    signals = pipe_of_signals()
    with place_for(keep) as place:
        servers = [SERVERS[name](place) for name in only or SERVERS]
        found = [server for server in servers if server.find()]
        report: dict = {
            "started": [server.title for server in found],
            "missing": {s.name: s.missing() for s in servers if s not in found},
        }
        try:
            with ThreadPoolExecutor() as pool:
                addresses = pool.map(lambda server: server.start(), found)
                report |= {s.variable: a for s, a in zip(found, addresses, strict=True)}
            os.write(1, json.dumps(report).encode() + b"\n")
            wait_for_the_end(signals)
        finally:
            for server in found:
                server.stop()


def pipe_of_signals() -> int:
    """A signal only makes this pipe readable, so that no signal interrupts a start or the cleanup."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: None)
    return reader


def wait_for_the_end(signals: int) -> None:
    while True:
        readable, _, _ = select.select([0, signals], [], [])
        if signals in readable or not os.read(0, 4096):
            return


if __name__ == "__main__":
    sys.exit(main())
