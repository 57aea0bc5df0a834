"""The entry point of ASGI servers. config/processes.py has the command that starts one."""

import logging
import os
import time
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "ws")

import django

django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter
from django.core.handlers.asgi import ASGIHandler

from apps.live.routing import websocket_application

from .logs import access_log_line

# Django's logger for the access log of a server.
logger = logging.getLogger("django.server")


class LoggedASGIHandler(ASGIHandler):
    """Django, with an access log. daphne's own access log shows queries, and so tickets and tokens."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started_at = time.monotonic()
        status = 0

        async def send_and_note(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await super().__call__(scope, receive, send_and_note)
        finally:
            duration = timedelta(seconds=time.monotonic() - started_at)
            if line := access_log_line(scope.get("environ", {}), status, duration):
                logger.info(line.pop("message"), extra=line)

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, error_response = super().create_request(scope, body_file)
        if request:
            scope["environ"] = request.META
        return request, error_response


application: Any = ProtocolTypeRouter({"http": LoggedASGIHandler(), "websocket": websocket_application()})
