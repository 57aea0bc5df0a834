"""The site in gunicorn with production settings, in its own process."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.commands import PRODUCTION, ROOT
from tools.servers import free_port


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str, **headers: str) -> Answer:
        """A request as a platform's proxy sends it: over HTTP, for a client that uses HTTPS."""
        return self.ask("GET", path, headers={"Host": "www.example.com", "X-Forwarded-Proto": "https", **headers})

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)


@contextmanager
def serving(
    *arguments: str, log: Path, application: str = "config.wsgi", before: Sequence[str] = (), **environment: str
) -> Iterator[Server]:
    """gunicorn with the site's own configuration, ready for requests."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    # gunicorn waits this long for a worker that misses a signal while it starts.
    command.append("--graceful-timeout=5")
    with started([*before, *command, *arguments, application], port, log, **environment) as server:
        yield server


@contextmanager
def started(command: Sequence[str], port: int, log: Path, **environment: str) -> Iterator[Server]:
    """A server that is ready for requests. It is killed at the end if it still runs."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **PRODUCTION, **environment},
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


def wait_until_listening(server: Server) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise AssertionError(f"The server ended: {server.log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"The server does not listen: {server.log.read_text()}")
