"""Waiting for what another process does, and no longer than that takes."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def wait_for(holds: Callable[[], Any], log: Path | None = None, patience: float = 20) -> Any:
    """What it gives, as soon as that is true. Where it never is, the log tells why."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if result := holds():
            return result
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log else f"It did not come within {patience} seconds.")
