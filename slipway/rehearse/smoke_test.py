"""The project's own smoke test, run through the proxies of the rehearsal.

    python -m tools.smoke https://HOST --sign-up --via HOST=127.0.0.1:PORT ...

A project can have `bin/smoke` instead, with the same arguments. Exit code 0 means that the site works.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from contextlib import suppress
from pathlib import Path

from slipway.rehearse.errors import Failure
from slipway.rehearse.processes import Log

TIMEOUT = 150


def smoke_command(project: Path, ports: dict[str, int]) -> list[str]:
    """Empty if the project has no smoke test. The first host is the site's."""
    if (project / "tools/smoke.py").exists():
        command = [sys.executable, "-m", "tools.smoke"]
    elif os.access(project / "bin/smoke", os.X_OK):
        command = [str(project / "bin/smoke")]
    else:
        return []
    via = [f"--via={host}=127.0.0.1:{port}" for host, port in ports.items()]
    return [*command, f"https://{next(iter(ports))}", "--sign-up", *via]


async def run_smoke_test(command: list[str], project: Path, log: Log) -> list[str]:
    """Its output. Raises Failure if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": str(project), "LANG": "C.UTF-8"},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            output, _ = await process.communicate()
    except TimeoutError:
        raise Failure(f"The project's smoke test did not end within {TIMEOUT} s.") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    started = log.start_section("smoke test")
    log.append(output)
    if process.returncode:
        raise Failure("The project's smoke test failed.", last_lines=log.last_lines(started))
    return output.decode(errors="replace").splitlines()
