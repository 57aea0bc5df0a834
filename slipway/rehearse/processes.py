"""The commands of a service, each run as Render runs it: by bash, in a clean environment, in a family of its own."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.rehearse import leash

LAST_LINES = 15


class Log:
    """One file for all that a service says, whatever part of it speaks."""

    def __init__(self, path: Path, secrets: list[str]) -> None:
        self.path = path
        self.secrets = secrets
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def heading(self, title: str) -> int:
        """Where what follows begins."""
        with self.path.open("a") as file:
            file.write(f"--- {title}\n")
        return self.path.stat().st_size

    def add(self, said: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(said)

    def last_words(self, since: int) -> str:
        """They go to the screen, so without what is secret."""
        with self.path.open(errors="replace") as file:
            file.seek(since)
            lines = file.read().splitlines()[-LAST_LINES:]
        text = "\n".join(f"    {line}" for line in lines)
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return re.sub(r"(://[^:@/\s]*:)[^@/\s]+@", r"\1***@", text)


@dataclass
class Process:
    """Something that runs, on a leash that ends it with us however we end."""

    leash: asyncio.subprocess.Process
    log: Log
    began: int

    @classmethod
    async def start(cls, title: str, command: str, folder: Path, environment: dict[str, str], log: Log) -> "Process":
        began = log.heading(f"{title}: {command}")
        with log.path.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                # Apart from the environment, which is the command's.
                *[sys.executable, "-I", "-S", leash.__file__, "bash", "-c", command],
                cwd=folder,
                env=environment,
                stdin=PIPE,
                stdout=output,
                stderr=STDOUT,
                # Ctrl-C is for us.
                start_new_session=True,
            )
        return cls(process, log, began)

    @property
    def runs(self) -> bool:
        return self.leash.returncode is None

    async def ends(self) -> int:
        return await self.leash.wait()

    async def stop(self, delay: float) -> bool:
        """As Render stops: SIGTERM, and after a while SIGKILL. Whether it went by itself."""
        self.order(b"t")
        try:
            async with asyncio.timeout(delay):
                await self.ends()
            return True
        except TimeoutError:
            await self.kill()
            return False

    async def kill(self) -> None:
        self.order(b"k")
        await self.ends()

    def order(self, letter: bytes) -> None:
        assert self.leash.stdin
        # It may have ended by itself just now.
        with suppress(OSError):
            self.leash.stdin.write(letter)

    def last_words(self) -> str:
        return self.log.last_words(self.began)


async def run(title: str, command: str, folder: Path, environment: dict[str, str], log: Log) -> Process:
    """Until the command has ended, by itself or with us."""
    process = await Process.start(title, command, folder, environment, log)
    try:
        await process.ends()
    finally:
        if process.runs:
            await process.kill()
    return process


def code(process: Process) -> int:
    assert process.leash.returncode is not None
    return process.leash.returncode


def clean(environment: dict[str, str], home: Path, path: str) -> dict[str, str]:
    """What a process on Render finds besides its variables: nothing of this machine's user."""
    return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "SHELL": "/bin/bash", **environment} | (
        {"TMPDIR": os.environ["TMPDIR"]} if "TMPDIR" in os.environ else {}
    )
