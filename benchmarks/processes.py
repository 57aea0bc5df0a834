"""Starts the processes of a project and communicates with them."""

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
    output: IO[bytes]

    def wait_until(self, condition: Callable[[], object], timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if self.popen.poll() is not None or time.monotonic() > deadline:
                self.output.seek(0)
                sys.exit(f"{self.popen.args!r} failed to start:\n{self.output.read().decode()[-5000:]}")
            time.sleep(0.002)

    def memory(self) -> float:
        """Proportional set size of the process and its children, in megabytes."""
        reports = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in process_tree(self.popen.pid)]
        return sum(int(re.findall(r"^Pss:\s+(\d+)", report, re.MULTILINE)[0]) for report in reports) / 1024


@dataclass
class Service:
    """A process that memory.py starts, uses for a while and measures."""

    title: str
    start_and_use: Callable[[Project, Bench], AbstractContextManager[Process]]
    bare: Project
    limit: str = "none"


def process_tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(descendant for child in children for descendant in process_tree(int(child)))]


@contextmanager
def running(project: Project, command: str) -> Iterator[Process]:
    with TemporaryFile() as output:
        popen = subprocess.Popen(
            shlex.split(command), cwd=project.folder, env=project.variables, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield Process(popen, output)
        finally:
            popen.terminate()
            popen.wait()


@contextmanager
def script(project: Project, name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a script of this folder with the project's environment. It reads commands from standard input."""
    with subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=project.folder,
        env=project.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def run_command(process: subprocess.Popen[str], *words: object) -> str:
    write_line(process, *words)
    return read_line(process)


def write_line(process: subprocess.Popen[str], *words: object) -> None:
    print(*words, file=process.stdin, flush=True)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline() or sys.exit(f"{process.args!r} exited; its error is above.")


def responds(port: int, path: str) -> bool:
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
