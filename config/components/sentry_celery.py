"""Sentry's part in tasks: names the one that failed, and reports before its process ends."""

from typing import Any

from config.env import load


def for_tasks() -> list[Any]:
    """In a worker alone: elsewhere this would import Celery, which takes long."""
    if load().process != "worker":
        return []
    from sentry_sdk.integrations.celery import CeleryIntegration

    return [CeleryIntegration(propagate_traces=False)]
