"""How much one user, and one socket, may ask of a process."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

# Sockets of one user in one process: a person has some tabs and devices.
SOCKETS = 20
# Characters in one message. The server closes above 64 kB, before anybody reads them.
SIZE = 16 * 1024
# Messages a second, and how many may come at once.
PACE = 10
BURST = 20
# Who is told so often to slow down, and doesn't, is closed.
WARNINGS = 100

sockets: Counter[int] = Counter()


@contextmanager
def counted(user_id: int) -> Iterator[bool]:
    """Whether this user may have one more socket."""
    sockets[user_id] += 1
    try:
        yield sockets[user_id] <= SOCKETS
    finally:
        sockets[user_id] -= 1
        if not sockets[user_id]:
            del sockets[user_id]


class Pace:
    """A bucket that fills at a steady pace; each message takes one out."""

    def __init__(self) -> None:
        self.left = float(BURST)
        self.at = time.monotonic()
        self.warnings = 0

    def allows(self) -> bool:
        now = time.monotonic()
        self.left = min(BURST, self.left + (now - self.at) * PACE)
        self.at = now
        if self.left < 1:
            self.warnings += 1
            return False
        self.left -= 1
        return True

    @property
    def is_exhausted(self) -> bool:
        return self.warnings > WARNINGS
