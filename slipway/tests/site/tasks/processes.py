"""Workers and beats as production starts them, on the databases of this test run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from apps.tasks import queue
from config.processes import PROCESSES
from slipway.tests.waiting import wait_for
from tests.commands import PRODUCTION, ROOT


@dataclass
class Process:
    popen: subprocess.Popen[bytes]
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def said(self, text: str) -> bool:
        return any(text in line["message"] for line in self.lines())

    def stop(self) -> int:
        self.popen.terminate()
        return self.popen.wait(timeout=40)

    def children(self) -> list[int]:
        """The processes that do the work."""
        return children_of(self.popen.pid)

    def kill(self) -> None:
        """With all its children, as a machine that runs out of memory or power does."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@contextmanager
def running(process: str, log: Path, *more: str, **environment: str) -> Iterator[Process]:
    """Ready to work, until the block ends."""
    started = start(process, log, *more, **environment)
    try:
        wait_for(lambda: started.said("ready." if process == "worker" else "beat: Starting"), started.log)
        if process == "beat":
            # It says so before it can be told to end, and stamps when it can.
            wait_for(lambda: any(log.parent.glob("beat-*.stamp")), started.log)
        yield started
    finally:
        started.kill()


def start(process: str, log: Path, *more: str, **environment: str) -> Process:
    program, *arguments = PROCESSES[process].replace("config.celery", "slipway.tests.site.tasks.site").split()
    if process == "worker":
        arguments += ["--include", "slipway.tests.site.tasks.jobs"]
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", program, *arguments, *more],
            cwd=ROOT,
            env={"TMPDIR": str(log.parent), **surroundings(), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(popen, log)


def surroundings() -> dict[str, str]:
    """Production, on the databases of this test run."""
    places = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    return {"PATH": os.environ["PATH"], **PRODUCTION, **places}


def children_of(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in told.read_text().split()] if told.exists() else []


def database_url() -> str:
    """The test database, for another process."""
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)


def notes() -> list[str]:
    with queue.client() as redis:
        return [note.decode() for note in redis.lrange("notes", 0, -1)]


def numbers(table: str) -> list[int]:
    """What `jobs.count` left there."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number FROM {table} ORDER BY number")
        return [number for (number,) in cursor.fetchall()]
