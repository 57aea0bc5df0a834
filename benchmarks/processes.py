"""Starts what a project's machine would run, and looks at it from outside."""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from benchmarks.projects import Bench, Project


@dataclass
class Process:
    popen: subprocess.Popen[bytes]
    said: IO[bytes]

    def wait_until(self, holds: Callable[[], object], patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while not holds():
            if self.popen.poll() is not None or time.monotonic() > deadline:
                self.said.seek(0)
                sys.exit(f"{self.popen.args!r} does not do its work:\n{self.said.read().decode()[-5000:]}")
            time.sleep(0.002)

    def memory(self) -> float:
        """Megabytes that it and its children take from the machine, shared pages counted once."""
        shares = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in family(self.popen.pid)]
        return sum(int(re.findall(r"^Pss:\s+(\d+)", share, re.MULTILINE)[0]) for share in shares) / 1024


@dataclass
class Service:
    """What memory.py starts, and looks at once it has worked a while."""

    title: str
    at_work: Callable[[Project, Bench], AbstractContextManager[Process]]
    floor: Project
    wanted: str = "as it is"


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


@contextmanager
def running(project: Project, command: str) -> Iterator[Process]:
    with TemporaryFile() as said:
        popen = subprocess.Popen(
            shlex.split(command), cwd=project.folder, env=project.variables, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            yield Process(popen, said)
        finally:
            popen.terminate()
            popen.wait()


@contextmanager
def inside(project: Project, script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A script of this folder, run by the project's Python with its environment. It is asked line by line."""
    with subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{script}", *arguments],
        cwd=project.folder,
        env=project.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def ask(process: subprocess.Popen[str], *words: object) -> str:
    say(process, *words)
    return heard(process)


def say(process: subprocess.Popen[str], *words: object) -> None:
    print(*words, file=process.stdin, flush=True)


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline() or sys.exit(f"{process.args!r} has ended, and said why above.")


def answers(port: int, path: str) -> bool:
    try:
        return get(port, path) == 200
    except (OSError, HTTPException):
        return False


def get(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost", "X-Forwarded-Proto": "https"})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
