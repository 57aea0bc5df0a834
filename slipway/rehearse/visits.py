"""The project's own smoke test, as its users meet the site, through the proxies.

A project that has `tools/smoke.py` (or `bin/smoke`) is asked to check itself:

    python -m tools.smoke https://HOST --sign-up --via HOST=127.0.0.1:PORT ...

Exit code 0 when all is well. With `--hold NUMBER` it keeps that many WebSockets open instead, opens one again whenever
it closes, and gives tasks to the workers all along. It prints one line of JSON when all are open ({"open": 20}), and
another one after its standard input has ended and what was under way has settled:

    {"closed": 20, "lost_sockets": 0, "lost_messages": 0, "tasks": 31, "lost_tasks": 0}

A project whose smoke test knows no `--hold` ends at once with an error, and only requests are counted.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.rehearse.failures import Failure
from slipway.rehearse.processes import Log

# Seconds for all of it, for opening the sockets, and for what was under way to settle.
PATIENCE = 150
TO_OPEN = 60
TO_SETTLE = 120
SOCKETS = 20


@dataclass
class Smoke:
    command: list[str]
    folder: Path
    log: Log

    async def run(self) -> tuple[bool, list[str]]:
        """Whether all is well, and what it printed."""
        process = await self.start()
        try:
            async with asyncio.timeout(PATIENCE):
                said, _ = await process.communicate()
        except TimeoutError:
            return False, [f"It did not end within {PATIENCE} s."]
        finally:
            await end(process)
        self.log.add(said)
        return process.returncode == 0, said.decode(errors="replace").splitlines()

    async def hold(self) -> "Held | None":
        """None where it does not know how."""
        process = await self.start(f"--hold={SOCKETS}")
        held = False
        try:
            held = await told(process, TO_OPEN) is not None
        finally:
            if not held:
                await end(process)
        if held:
            return Held(process, self.log)
        if process.returncode == UNKNOWN_OPTION:
            return None
        raise Failure("The smoke test could not open its WebSockets.", last_words=self.log.last_words(0))

    async def start(self, *more: str) -> asyncio.subprocess.Process:
        with self.log.path.open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                *[*self.command, *more],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"},
                # Its end is ours: the kernel closes it for us.
                stdin=PIPE,
                stdout=PIPE,
                stderr=errors,
                start_new_session=True,
            )


@dataclass
class Held:
    """WebSockets that are open, and tasks that are under way."""

    process: asyncio.subprocess.Process
    log: Log

    async def settles(self) -> dict[str, int]:
        assert self.process.stdin
        self.process.stdin.close()
        line = await told(self.process, TO_SETTLE)
        if line is None:
            raise Failure("The smoke test did not say what became of its sockets.", last_words=self.log.last_words(0))
        return line


@asynccontextmanager
async def holding(smoke: Smoke | None) -> AsyncIterator[Held | None]:
    held = await smoke.hold() if smoke else None
    try:
        yield held
    finally:
        if held:
            await end(held.process)


# Of argparse.
UNKNOWN_OPTION = 2


async def told(process: asyncio.subprocess.Process, patience: float) -> dict[str, int] | None:
    """The line of JSON that comes next. None where something else comes, or nothing in time."""
    assert process.stdout
    with suppress(TimeoutError, ValueError):
        async with asyncio.timeout(patience):
            if line := await process.stdout.readline():
                found = json.loads(line)
                return found if isinstance(found, dict) else None
            await process.wait()
    return None


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def smoke_of(project: Path, visited: dict[str, int], log: Log) -> Smoke | None:
    """The first host is the site's."""
    if (project / "tools/smoke.py").exists():
        command = [sys.executable, "-m", "tools.smoke"]
    elif os.access(project / "bin/smoke", os.X_OK):
        command = [str(project / "bin/smoke")]
    else:
        return None
    via = [f"--via={host}=127.0.0.1:{port}" for host, port in visited.items()]
    return Smoke([*command, f"https://{next(iter(visited))}", "--sign-up", *via], project, log)
