"""The Celery app: `celery -A config.celery worker`, or `beat`. config/processes.py has the full commands.

Apps are named by strings here, or imported when a worker starts: no module of an app is imported with this one.
"""

# The settings module must be named before anything reads the settings.
# ruff: noqa: E402

import gc
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
for process in ("worker", "beat"):
    if process in sys.argv:
        os.environ.setdefault("PROCESS", process)
# `migrate` has run Django's checks before. They import all views, which cost a worker and beat about 15 MB each.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

from celery import Celery
from celery.signals import setup_logging, worker_before_create_process, worker_init
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES.update({"redis": "config.broker:Transport", "rediss": "config.broker:Transport"})

app = Celery("site", task_cls="apps.tasks.base:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add("apps.tasks.worker:HeartbeatStep")


@setup_logging.connect
def keep_django_logging(**signal: Any) -> None:
    """Celery configures logging itself unless this signal has a receiver."""
    from celery.utils.log import get_multiprocessing_logger

    # Messages about killed child processes go through Django's log handlers.
    logger = get_multiprocessing_logger()
    logger.propagate = True
    logger.setLevel("WARNING")


@worker_init.connect
def prepare_worker(**signal: Any) -> None:
    # Celery writes plain text about the shutdown to the original stdout, which is no JSON. It skips that without one;
    # apps/tasks/worker.py logs the shutdown instead.
    sys.__stdout__ = None  # type: ignore[misc]


@worker_before_create_process.connect
def freeze_memory(**signal: Any) -> None:
    """Exclude loaded objects from garbage collection, so that child processes share their memory pages."""
    gc.collect()
    gc.freeze()
