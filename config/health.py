"""`python -m config.health worker|beat`: exit code 0 while that process on this machine works.

The process updates a stamp file: the worker when Redis has answered, beat when it has checked the schedule. This
command reads the file's time without importing Django, so it can run often.
"""

import os
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

# Maximum age of a stamp in seconds.
LIMIT = 60


def stamp(process: str) -> None:
    # O_NOFOLLOW: other users can write to this folder and could place a symbolic link.
    descriptor = os.open(stamp_path(process), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        os.utime(descriptor)
    finally:
        os.close(descriptor)


def age(process: str) -> float | None:
    """Seconds since the last stamp, or None."""
    try:
        return max(0.0, time.time() - stamp_path(process).stat().st_mtime)
    except FileNotFoundError:
        return None


def stamp_path(process: str) -> Path:
    """Each installation on this machine has its own."""
    installation = sha256(str(Path(__file__).parent).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"{process}-{installation}.stamp"


def main(arguments: list[str]) -> int:
    if arguments not in (["worker"], ["beat"]):
        print(__doc__)
        return 2
    process = arguments[0]
    seconds = age(process)
    if seconds is None:
        print(f"The {process} has not worked yet.")
    else:
        print(f"The {process} worked {seconds:.0f} s ago.")
    return 0 if seconds is not None and seconds <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
