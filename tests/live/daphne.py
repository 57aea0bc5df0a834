"""The sockets as production serves them: daphne, started with the command of config/processes.py."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.processes import PROCESSES
from tests.commands import PRODUCTION, ROOT
from tests.serving.server import Server, free_port, wait_until_listening


@contextmanager
def daphne(*, log: Path, **environment: str) -> Iterator[Server]:
    port = int(environment.get("PORT") or free_port())
    command = shlex.split(PROCESSES["ws"].replace("$PORT", str(port)))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *command[1:], "--bind=127.0.0.1"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PROCESS": "ws", **PRODUCTION, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, port, log)
    try:
        wait_until_listening(server)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
