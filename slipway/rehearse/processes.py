"""Commands of a service, run as on Render: by bash, in a clean environment, below a supervisor."""

import asyncio
import os
import re
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.rehearse import supervisor
from slipway.rehearse.supervisor import PROC, children_by_parent, descendants_in

LAST_LINES = 15
MEGABYTE = 1024 * 1024


class Log:
    """One file for all commands of a service."""

    def __init__(self, path: Path, secrets: list[str]) -> None:
        self.path = path
        self.secrets = secrets
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def start_section(self, title: str) -> int:
        """The position where the section starts."""
        with self.path.open("a") as file:
            file.write(f"--- {title}\n")
        return self.path.stat().st_size

    def append(self, output: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(output)

    def last_lines(self, start: int) -> str:
        """For the terminal, so without secrets."""
        with self.path.open(errors="replace") as file:
            file.seek(start)
            lines = file.read().splitlines()[-LAST_LINES:]
        text = "\n".join(f"    {line}" for line in lines)
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return re.sub(r"(://[^:@/\s]*:)[^@/\s]+@", r"\1***@", text)


@dataclass
class Process:
    supervisor: asyncio.subprocess.Process
    log: Log
    log_start: int

    @classmethod
    async def start(cls, title: str, command: str, folder: Path, environment: dict[str, str], log: Log) -> "Process":
        log_start = log.start_section(f"{title}: {command}")
        with log.path.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                # -I and -S: the environment is meant for the command, not for the supervisor.
                *[sys.executable, "-I", "-S", supervisor.__file__, "bash", "-c", command],
                cwd=folder,
                env=environment,
                stdin=PIPE,
                stdout=output,
                stderr=STDOUT,
                # Ctrl-C must not reach it: the rehearsal stops its processes in order.
                start_new_session=True,
            )
        return cls(process, log, log_start)

    @property
    def is_running(self) -> bool:
        return self.supervisor.returncode is None

    @property
    def exit_code(self) -> int:
        assert self.supervisor.returncode is not None
        return self.supervisor.returncode

    async def wait(self) -> int:
        return await self.supervisor.wait()

    async def stop(self, delay: float) -> bool:
        """SIGTERM, and SIGKILL after the delay. Whether SIGTERM was enough."""
        self.send(b"t")
        try:
            async with asyncio.timeout(delay):
                await self.wait()
            return True
        except TimeoutError:
            await self.kill()
            return False

    async def kill(self) -> None:
        self.send(b"k")
        await self.wait()

    def send(self, command: bytes) -> None:
        assert self.supervisor.stdin
        # The process may have ended.
        with suppress(OSError):
            self.supervisor.stdin.write(command)

    def last_lines(self) -> str:
        return self.log.last_lines(self.log_start)


async def run_command(title: str, command: str, folder: Path, environment: dict[str, str], log: Log) -> Process:
    """Wait until the command has ended. It is killed if the rehearsal is cancelled."""
    process = await Process.start(title, command, folder, environment, log)
    try:
        await process.wait()
    finally:
        if process.is_running:
            await process.kill()
    return process


def clean_environment(variables: dict[str, str], home: Path, path: str) -> dict[str, str]:
    """What a process on Render has besides its variables, and nothing of this machine's user."""
    temporary = {"TMPDIR": os.environ["TMPDIR"]} if "TMPDIR" in os.environ else {}
    return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "SHELL": "/bin/bash", **variables, **temporary}


def memory_of_process_trees(roots: list[int]) -> dict[int, int]:
    """Bytes used by the descendants of each process. Shared memory counts once, as in a container."""
    children = children_by_parent()
    return {root: sum(memory_of(pid) for pid in descendants_in(children, root)) for root in roots}


def memory_of(pid: int) -> int:
    # The process may have ended, or belong to another user.
    with suppress(OSError, subprocess.CalledProcessError, ValueError):
        if PROC.joinpath("self/smaps_rollup").exists():
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
            return 0
        # Other systems know the resident size only, which counts shared memory several times.
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)], text=True)) * 1024
    return 0


def megabytes(size: float) -> str:
    return f"{size / MEGABYTE:.0f} MB"
