"""daphne, started with the command of production in config/processes.py."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.processes import PROCESSES
from slipway.tests.site.serving.server import Server, free_port, started

# The command of deploy/render-free.yaml, for the whole site.
SINGLE_PROCESS = PROCESSES["ws"].replace(" --websockets-only", "")


@contextmanager
def daphne(*, log: Path, command: str = PROCESSES["ws"], **environment: str) -> Iterator[Server]:
    port = int(environment.get("PORT") or free_port())
    _python, *arguments = shlex.split(command.replace("$PORT", str(port)))
    with started([sys.executable, *arguments, "--bind=127.0.0.1"], port, log, PROCESS="ws", **environment) as server:
        yield server
