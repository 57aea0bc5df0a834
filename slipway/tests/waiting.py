"""Waits for the effect of another process or thread."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def wait_for(condition: Callable[[], Any], log: Path | None = None, timeout: float = 20) -> Any:
    """Return the condition's result as soon as it is true. After the timeout, fail and show the log."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(log.read_text() if log else f"The condition was not true within {timeout} seconds.")
