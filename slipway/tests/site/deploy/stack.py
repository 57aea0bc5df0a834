"""The site in containers, as `docker compose up` makes it of a fresh clone, on an engine that is here or can be had."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from slipway.tests.git import tracked
from tests.commands import ROOT
from tools.servers import free_port

# Where there is no Docker, a program named by this variable may bring one: `up FOLDER`, `sh FOLDER COMMAND` and `stop`.
LENDER = os.environ.get("CONTAINERS", "")
# A first build fetches and compresses a lot.
PATIENCE = 900


class Stack:
    def __init__(self, folder: Path, lent: bool) -> None:
        self.folder = folder
        self.lent = lent
        self.port = free_port()
        # Others on the same engine keep what is theirs.
        self.name = f"stack-{self.port}"

    def run(self, *command: str, check: bool = True) -> str:
        """What a command says, with `docker` speaking to the right engine."""
        through = [LENDER, "sh", str(self.folder)] if self.lent else []
        done = subprocess.run(
            [*through, *command],
            cwd=self.folder,
            env={**os.environ, "PORT": str(self.port), "COMPOSE_PROJECT_NAME": self.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{' '.join(command)}:\n{done.stdout[-4000:]}"
        return done.stdout

    def compose(self, *arguments: str) -> str:
        return self.run("docker", "compose", *arguments)

    def up(self, *how: str) -> None:
        """Start what does not run, and wait until all are well."""
        self.compose("up", "--detach", "--wait", *how)

    def inside(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    def states(self) -> dict[str, str]:
        told = self.compose("ps", "--all", "--format", "{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}")
        return dict(line.split(" ", 1) for line in told.splitlines())

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, str]:
        """Through nginx, as everybody asks."""
        connection = HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Built, started and well; afterwards nothing of it is left but what makes the next build quick."""
    clone(folder)
    stack = Stack(folder, lent=not answers("docker"))
    engine_was_here = not stack.lent or answers(LENDER, "sh", folder, "docker")
    try:
        if stack.lent:
            # It makes the base images and calls Compose; what it does with a name or a port, we have said.
            subprocess.run(
                [LENDER, "up", folder],
                env={**os.environ, "PORT": str(stack.port), "COMPOSE_PROJECT_NAME": stack.name},
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                timeout=PATIENCE,
                check=True,
            )
        stack.up()
        yield stack
    finally:
        stack.run("docker", "compose", "--profile", "*", "down", "--volumes", "--remove-orphans", check=False)
        label = f"label=com.docker.compose.project={stack.name}"
        stack.run("docker", "image", "prune", "--all", "--force", "--filter", label, check=False)
        if not engine_was_here:
            subprocess.run([LENDER, "stop"], stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True)


def clone(folder: Path) -> None:
    """What git knows or would add, and no `.env`."""
    for path in tracked():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)


def missing() -> str:
    """Why there can be no stack here; nothing where there can."""
    return "" if answers("docker") or shutil.which(LENDER) else "not run: no container engine"


def answers(*docker: str | Path) -> bool:
    """Whether there is an engine, and Compose with it."""
    if not shutil.which(docker[0]):
        return False
    questions = (["version"], ["compose", "version"])
    return all(
        subprocess.run([*docker, *question], capture_output=True, timeout=60, check=False).returncode == 0
        for question in questions
    )
