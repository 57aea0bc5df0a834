"""Runs one command and ends it, with all its descendants, when standard input is closed.

    python supervisor.py COMMAND...

`t` on standard input sends SIGTERM to the command alone, as platforms do; `k` kills it and its descendants. The kernel
closes standard input when the rehearsal is killed, so nothing is left running. Needs the standard library only.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36
KILL_TIMEOUT = 10


def main(command: list[str]) -> int:
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda number, frame: kill_descendants())
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    Thread(target=read_commands, args=(process,), daemon=True).start()
    code = process.wait()
    # A container ends with its first process.
    kill_descendants()
    return code if code >= 0 else 128 - code


def read_commands(process: subprocess.Popen[bytes]) -> None:
    while command := os.read(0, 1):
        if command == b"t":
            process.terminate()
        else:
            kill_descendants()
    kill_descendants()


def adopt_orphans() -> None:
    """On Linux, a descendant whose parent ends becomes a child of this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_descendants() -> None:
    # Repeat: a process can start another one before it is killed. A process of another user stays.
    deadline = time.monotonic() + KILL_TIMEOUT
    while (pids := descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def descendants(root: int) -> list[int]:
    return descendants_in(children_by_parent(), root)


def children_by_parent() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for pid, parent in running_processes():
        found.setdefault(parent, []).append(pid)
    return found


def descendants_in(children: dict[int, list[int]], root: int) -> list[int]:
    found = []
    pending = [root]
    while pending:
        pids = children.get(pending.pop(), [])
        found += pids
        pending += pids
    return found


def running_processes() -> list[tuple[int, int]]:
    """Each process of this machine with its parent."""
    if not (PROC / "self/stat").exists():
        return listed_processes()
    pairs = []
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            # The process may have ended.
            with contextlib.suppress(OSError):
                # The name is in brackets and may contain anything.
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    pairs.append((int(folder.name), int(parent)))
    return pairs


def listed_processes() -> list[tuple[int, int]]:
    """From `ps`, on systems without /proc."""
    with subprocess.Popen(["ps", "-A", "-o", "pid=,ppid=,state="], stdout=subprocess.PIPE, text=True) as ps:
        output, _ = ps.communicate()
    lines = [line.split() for line in output.splitlines()]
    return [(int(pid), int(parent)) for pid, parent, state in lines if int(pid) != ps.pid and not state.startswith("Z")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
