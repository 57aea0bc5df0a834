"""`python -m config.health worker|beat`: exit code 0 while that process of this machine does its work.

Whoever does it stamps a file, again and again: the worker when the queue has answered it, beat when it has looked at
the schedule. To look at the stamp costs next to nothing, for Django is not imported.
"""

import os
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

# Seconds that a stamp may be old.
LIMIT = 60


def stamp(process: str) -> None:
    # In a folder that everybody may write to, a link of that name could lead anywhere.
    descriptor = os.open(place(process), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        os.utime(descriptor)
    finally:
        os.close(descriptor)


def age(process: str) -> float | None:
    """Seconds since the last stamp."""
    try:
        return max(0.0, time.time() - place(process).stat().st_mtime)
    except FileNotFoundError:
        return None


def place(process: str) -> Path:
    """Another installation on this machine has another one."""
    installation = sha256(str(Path(__file__).parent).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"{process}-{installation}.stamp"


def main(arguments: list[str]) -> int:
    if arguments not in (["worker"], ["beat"]):
        print(__doc__)
        return 2
    process = arguments[0]
    seconds = age(process)
    if seconds is None:
        print(f"The {process} has done nothing yet.")
    else:
        print(f"The {process} was at work {seconds:.0f} s ago.")
    return 0 if seconds is not None and seconds <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
