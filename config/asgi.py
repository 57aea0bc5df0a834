"""The site for ASGI servers. Which one, and how: config/processes.py."""

import logging
import os
import time
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "ws")

import django

django.setup(set_prefix=False)

from django.core.handlers.asgi import ASGIHandler

# Channels
from apps.live.routing import with_sockets

from .logs import access_log_line

# The name under which Django knows the lines of a server.
logger = logging.getLogger("django.server")


class Site(ASGIHandler):
    """Django, and a line in the log for each request, which servers of this kind write with the query in it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.monotonic()
        status = 0

        async def sending(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await super().__call__(scope, receive, sending)
        finally:
            took = timedelta(seconds=time.monotonic() - began)
            if line := access_log_line(scope.get("environ", {}), status, took):
                logger.info(line.pop("message"), extra=line)

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, refusal = super().create_request(scope, body_file)
        if request:
            scope["environ"] = request.META
        return request, refusal


application: Any = Site()

# Channels
application = with_sockets(application)
