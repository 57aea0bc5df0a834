"""Holds one process and all that it starts: they end when it ends, and when whoever holds the leash lets go.

    python leash.py COMMAND...

A `t` on standard input sends SIGTERM to the process alone, as platforms do; a `k` kills it and all of its own.
So does the end of standard input, which the kernel brings about even when the holder is killed.
Needs the standard library only.
"""

# Starting what it is given is what this module is for.

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
SUBREAPER = 36


def main(command: list[str]) -> int:
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda number, frame: end_family())
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    Thread(target=obey, args=(process,), daemon=True).start()
    code = process.wait()
    # A container ends with its first process, whatever else still runs in it.
    end_family()
    return code if code >= 0 else 128 - code


def obey(process: subprocess.Popen[bytes]) -> None:
    while order := os.read(0, 1):
        if order == b"t":
            process.terminate()
        else:
            end_family()
    end_family()


def adopt_orphans() -> None:
    """Where Linux lets us: a process whose parent ends is then ours, and cannot slip away."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def end_family() -> None:
    # Again, until none is left that was started meanwhile; but not for ever, as one may be another user's.
    deadline = time.monotonic() + 10
    while (family := descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def descendants(root: int) -> list[int]:
    return family(root, children())


def children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for pid, parent in parents():
        found.setdefault(parent, []).append(pid)
    return found


def family(root: int, children: dict[int, list[int]]) -> list[int]:
    found = []
    waiting = [root]
    while waiting:
        young = children.get(waiting.pop(), [])
        found += young
        waiting += young
    return found


def parents() -> list[tuple[int, int]]:
    """Each living process of this machine with its parent."""
    if not (PROC / "self/stat").exists():
        with subprocess.Popen(["ps", "-A", "-o", "pid=,ppid=,state="], stdout=subprocess.PIPE, text=True) as listing:
            told, _ = listing.communicate()
        listed = [line.split() for line in told.splitlines()]
        # The one that lists them is in its own list.
        return [
            (int(pid), int(parent))
            for pid, parent, state in listed
            if int(pid) != listing.pid and not state.startswith("Z")
        ]
    pairs = []
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            # Gone meanwhile, perhaps.
            with contextlib.suppress(OSError):
                # The name in brackets may hold anything.
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    pairs.append((int(folder.name), int(parent)))
    return pairs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
