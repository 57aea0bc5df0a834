"""A worker that is told to end finishes what it does, but not beyond what platforms wait: then it hands it back."""

import logging
import os
import signal
from threading import Timer
from typing import Any

from celery.apps import worker
from celery.signals import worker_shutting_down

from config.processes import STOP_DELAY

# Handing back takes a moment.
PATIENCE = STOP_DELAY - 8


def connect() -> None:
    worker_shutting_down.connect(limit)
    worker.safe_say = say


def limit(how: str, **signal_: Any) -> None:
    if how == "Warm":
        timer = Timer(PATIENCE, os.kill, (os.getpid(), signal.SIGQUIT))
        timer.daemon = True
        timer.start()


def say(text: str, file: Any = None) -> None:
    """As a line like all others. Said while a signal interrupts who knows what: a logger might wait for a lock."""
    record = logging.LogRecord(__name__, logging.INFO, __file__, 0, text, None, None)
    os.write(2, f"{logging.getLogger().handlers[0].format(record)}\n".encode())
