"""Sentry for Celery tasks."""

from typing import Any

from config.env import load

# They run once a minute: their timings are not worth a trace.
EVERY_MINUTE = ("apps.tasks.tasks.heartbeat", "apps.tasks.tasks.send_outbox")


def for_tasks() -> list[Any]:
    """Only in a worker: in other processes this would import Celery, which takes a while."""
    if load().process != "worker":
        return []
    from sentry_sdk.integrations.celery import CeleryIntegration

    return [CeleryIntegration(propagate_traces=False)]


def runs_every_minute(context: dict[str, Any]) -> bool:
    return context.get("celery_job", {}).get("task") in EVERY_MINUTE
