"""The project of "First steps with Django" in Celery's documentation, with Redis and Celery's defaults."""

from benchmarks.projects import Bench, Project, bare_project

INIT = """
from .celery import app as celery_app

__all__ = ("celery_app",)
"""

CELERY = """
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bare.settings")

app = Celery("bare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""

# Without a task to send, beat does not connect to the broker.
SETTINGS = """
CELERY_BROKER_URL = CELERY_RESULT_BACKEND = os.environ["REDIS_URL"]
CELERY_BEAT_SCHEDULE = {"empty": {"task": "benchmarks.sample_tasks.empty", "schedule": 1.0}}
"""

PROCESSES = {
    "worker": "celery -A bare worker -l INFO --concurrency=2",
    "beat": "celery -A bare beat -l INFO",
}


def bare_celery(bench: Bench) -> Project:
    return bare_project(bench, "tasks", SETTINGS, {"bare/__init__.py": INIT, "bare/celery.py": CELERY}, PROCESSES)
