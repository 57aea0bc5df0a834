import asyncio
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from slipway.rehearse import supervisor
from slipway.rehearse.interpreters import path_with
from slipway.rehearse.processes import (
    LAST_LINES,
    MEGABYTE,
    Log,
    Process,
    clean_environment,
    memory_of_process_trees,
    run_command,
)
from slipway.rehearse.supervisor import descendants
from slipway.tests.rehearse.connections import run_async

AT_MOST = 10
PYTHON = shlex.quote(sys.executable)
# A child, and a grandchild in a session of its own whose parent ends.
FAMILY = "sleep 300 & (setsid sleep 300 &) ; echo ready; "


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "logs/web.log", ["hunter22"])


async def start(command: str, log: Log, **environment: str) -> Process:
    surroundings = clean_environment(environment, log.path.parent, path_with(Path("/nowhere")))
    return await Process.start("start", command, log.path.parent, surroundings, log)


async def says(process: Process, word: str) -> None:
    async with asyncio.timeout(AT_MOST):
        while process.last_lines().split()[-1:] != [word]:
            await asyncio.sleep(0.01)


def gone(pids: list[int]) -> bool:
    """Within a moment: the kernel may be at it."""
    deadline = monotonic() + AT_MOST
    living = {pid for pid, _ in supervisor.running_processes()}
    while living.intersection(pids) and monotonic() < deadline:
        sleep(0.01)
        living = {pid for pid, _ in supervisor.running_processes()}
    return not living.intersection(pids)


@run_async
async def test_a_process_that_ends_on_sigterm_is_not_killed(log: Log) -> None:
    process = await start("trap 'echo tidied; exit 7' TERM; echo ready; while :; do sleep 0.02; done", log)
    await says(process, "ready")

    assert await process.stop(AT_MOST)
    assert process.exit_code == 7
    assert process.last_lines().endswith("tidied")


@run_async
async def test_a_process_that_ignores_sigterm_is_killed_after_the_delay(log: Log) -> None:
    process = await start("trap '' TERM; echo ready; while :; do sleep 0.02; done", log)
    await says(process, "ready")
    began = monotonic()

    assert not await process.stop(0.4)
    assert 0.4 <= monotonic() - began < 5
    assert process.exit_code == 128 + signal.SIGKILL


@run_async
async def test_sigterm_goes_to_the_process_and_not_to_its_children(log: Log) -> None:
    child = "trap 'echo child told' TERM; while :; do sleep 0.02; done"
    parent = "trap 'sleep 0.3; echo parent told; exit' TERM; echo ready; while :; do sleep 0.02; done"
    process = await start(f"({child}) & {parent}", log)
    await says(process, "ready")
    await process.stop(AT_MOST)

    assert process.last_lines().endswith("parent told")
    assert "child told" not in process.last_lines()


@run_async
async def test_stopping_an_ended_process_is_not_an_error(log: Log) -> None:
    process = await start("exit 3", log)
    await process.wait()

    assert await process.stop(AT_MOST)
    assert process.exit_code == 3


@run_async
@pytest.mark.parametrize("ending", ["exec true", "kill -9 $$"], ids=["by itself", "killed"])
async def test_descendants_end_with_the_process(ending: str, log: Log) -> None:
    process = await start(f"{FAMILY} read < line; {ending}", log)
    os.mkfifo(log.path.parent / "line")
    await says(process, "ready")
    family = descendants(process.supervisor.pid)
    (log.path.parent / "line").write_text("go on\n")
    await process.wait()

    assert len(family) >= 3
    assert gone(family)


@run_async
async def test_descendants_end_when_the_process_is_killed(log: Log) -> None:
    process = await start(f"{FAMILY} wait", log)
    await says(process, "ready")
    family = descendants(process.supervisor.pid)
    await process.kill()

    assert len(family) >= 3
    assert gone(family)


REHEARSAL = """
import asyncio, sys
from pathlib import Path
from slipway.rehearse.processes import Log, Process, clean_environment

async def rehearse():
    folder = Path(sys.argv[1])
    environment = clean_environment({}, folder, "/usr/bin:/bin")
    process = await Process.start("start", sys.argv[2], folder, environment, Log(folder / "log", []))
    print(process.supervisor.pid, flush=True)
    await process.wait()

asyncio.run(rehearse())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_even_when_the_rehearsal_is_killed(number: int, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "line")
    command = [sys.executable, "-c", REHEARSAL, str(tmp_path), f"trap '' TERM; {FAMILY} echo > line; wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as rehearsal:
        assert rehearsal.stdout
        held = int(rehearsal.stdout.readline())
        (tmp_path / "line").read_text()
        family = [held, *descendants(held)]
        rehearsal.send_signal(number)

    assert len(family) >= 4
    assert gone(family)


@run_async
async def test_a_supervisor_that_gets_sigterm_leaves_no_process(log: Log) -> None:
    process = await start(f"trap '' TERM; {FAMILY} wait", log)
    await says(process, "ready")
    family = descendants(process.supervisor.pid)
    process.supervisor.terminate()
    await process.wait()

    assert len(family) >= 3
    assert gone(family)


@run_async
async def test_a_command_that_is_cancelled_ends(log: Log) -> None:
    task = asyncio.create_task(
        run_command("build", "echo $PPID; exec sleep 300", log.path.parent, {"PATH": "/bin"}, log)
    )
    async with asyncio.timeout(AT_MOST):
        while not (output := log.last_lines(0).splitlines()[1:]):
            await asyncio.sleep(0.01)
    held = int(output[0])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert gone([held])


@run_async
async def test_a_command_runs_in_bash_and_in_its_folder(log: Log) -> None:
    process = await start("[[ $BASH_VERSION ]] && pwd; exit 5", log)
    await process.wait()

    assert process.exit_code == 5
    assert process.last_lines().strip() == str(log.path.parent)


@run_async
async def test_a_process_gets_no_variables_of_the_user(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_USER", "hunter23")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.delenv("TMPDIR", raising=False)
    process = await start("env", log, SECRET_KEY="its own")
    await process.wait()
    found = dict(line.strip().partition("=")[::2] for line in process.last_lines().splitlines())

    # The last three are bash's own.
    assert found.keys() == {"SECRET_KEY", "HOME", "PATH", "LANG", "SHELL", "PWD", "SHLVL", "_"}
    assert found["HOME"] == str(log.path.parent)
    assert str(Path.home()) not in found["PATH"]


@run_async
async def test_last_lines_are_of_this_process_only(log: Log) -> None:
    await run_command("build", "echo earlier", log.path.parent, {"PATH": "/bin"}, log)
    process = await run_command("start", "for i in {1..40}; do echo $i; done; echo end >&2", log.path.parent, {}, log)

    words = process.last_lines().split()
    assert (len(words), words[-1]) == (LAST_LINES, "end")
    assert "earlier" not in (await run_command("start", "echo now", log.path.parent, {}, log)).last_lines()


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (b"key hunter22!", "key ***!"),
        (b"postgresql://shop:geheim@127.0.0.1/shop", "postgresql://shop:***@127.0.0.1/shop"),
        (b"redis://:geheim@127.0.0.1:6379", "redis://:***@127.0.0.1:6379"),
        (b"https://shop.example.com:8000/a@b", "https://shop.example.com:8000/a@b"),
        (b"no \xff text", "no \ufffd text"),
    ],
)
def test_last_lines_hide_secrets_and_passwords(output: bytes, shown: str, log: Log) -> None:
    log.append(b"%b\n" % output)

    assert log.last_lines(0) == f"    {shown}"


@run_async
async def test_memory_counts_all_descendants_and_no_other_process(log: Log) -> None:
    hold = "import time; held = b'x' * 60_000_000; print('ready', flush=True); time.sleep(300)"
    lonely = await start("echo ready; exec sleep 300", log)
    await says(lonely, "ready")
    process = await start(f"({PYTHON} -c {shlex.quote(hold)}; true) & wait", log)
    await says(process, "ready")
    taken = await asyncio.to_thread(memory_of_process_trees, [process.supervisor.pid, lonely.supervisor.pid])
    await asyncio.gather(process.kill(), lonely.kill())

    assert 55 * MEGABYTE < taken[process.supervisor.pid] < 120 * MEGABYTE
    assert taken[lonely.supervisor.pid] < 20 * MEGABYTE


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells what is shared")
@run_async
async def test_shared_memory_counts_once(log: Log) -> None:
    hold = (
        "import os, time; held = b'x' * 60_000_000; os.fork(); os.fork(); print('ready', flush=True); time.sleep(300)"
    )
    process = await start(f"{PYTHON} -c {shlex.quote(hold)}", log)
    async with asyncio.timeout(AT_MOST):
        while process.last_lines().count("ready") < 4:
            await asyncio.sleep(0.01)
    taken = await asyncio.to_thread(memory_of_process_trees, [process.supervisor.pid])
    await process.kill()

    assert 55 * MEGABYTE < taken[process.supervisor.pid] < 120 * MEGABYTE


def test_an_ended_process_uses_no_memory() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()

        assert memory_of_process_trees([process.pid]) == {process.pid: 0}
