"""The task queue: `celery -A config.celery worker`, or `beat`. config/processes.py has the commands in full.

Tasks are declared with this app, so that nobody can send one before the queue is set up. Celery takes a while to
import: whoever sends a task imports it where it is sent.
"""

# The settings must be named before anything can look for them.
# ruff: noqa: E402

import gc
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
for process in ("worker", "beat"):
    if process in sys.argv:
        os.environ.setdefault("PROCESS", process)

from celery import Celery
from celery.signals import setup_logging, worker_before_create_process, worker_init
from kombu.transport import TRANSPORT_ALIASES

from apps.tasks import context, letters

TRANSPORT_ALIASES.update({"redis": "config.broker:Transport", "rediss": "config.broker:Transport"})

app = Celery("site", task_cls="apps.tasks.sending:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
context.connect()
letters.connect()


@setup_logging.connect
def keep_logging(**signal: Any) -> None:
    """Celery would set up logging its own way, unless somebody else says that it is done."""
    from celery.utils.log import get_multiprocessing_logger

    # Who tells of processes that were killed would print that in a form of its own, and much else besides.
    processes = get_multiprocessing_logger()
    processes.propagate = True
    processes.setLevel("WARNING")


@worker_init.connect
def prepare_worker(**signal: Any) -> None:
    from apps.tasks import shutdown
    from apps.tasks.pulse import Pulse

    app.steps["consumer"].add(Pulse)
    shutdown.connect()


@worker_before_create_process.connect
def share_memory(**signal: Any) -> None:
    """What is loaded now stays: the garbage collector need not look at it, nor copy its pages into each child."""
    gc.collect()
    gc.freeze()
