from typing import Any

from celery.worker.request import Request as CeleryRequest
from django.db import connections

from apps.tasks.context import on_behalf_of


class Request(CeleryRequest):
    """A task as the worker's main process sees it, which speaks for tasks whose own process is gone."""

    def on_timeout(self, soft: bool, timeout: float) -> None:
        with on_behalf_of(self._context.headers):
            super().on_timeout(soft, timeout)
        # A child that is made later must not inherit them.
        connections.close_all()

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> None:
        with on_behalf_of(self._context.headers):
            super().on_failure(exc_info, *args, **kwargs)
        connections.close_all()
