"""Sentry's part in tasks: names the one that failed, and reports before its process ends."""

from typing import Any

from config.env import load

# Each runs once a minute, and the health report tells what there is to know of them.
PULSE = ("apps.tasks.tasks.heartbeat", "apps.tasks.tasks.send_unsent")


def for_tasks() -> list[Any]:
    """In a worker alone: elsewhere this would import Celery, which takes long."""
    if load().process != "worker":
        return []
    from sentry_sdk.integrations.celery import CeleryIntegration

    return [CeleryIntegration(propagate_traces=False)]


def is_pulse(context: dict[str, Any]) -> bool:
    return context.get("celery_job", {}).get("task") in PULSE
