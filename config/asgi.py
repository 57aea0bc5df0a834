"""The entry point of ASGI servers. config/processes.py has the command that starts one."""

import asyncio
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
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from apps.health.middleware import PROBES
from apps.live.routing import websocket_application

from .env import load
from .logs import access_log_line
from .processes import RESERVED_THREADS, reserved_paths

# Django's logger for the access log of a server.
logger = logging.getLogger("django.server")

# Requests that wait for a thread, and for how many seconds. The others get a 503.
MAX_WAITING = 100
MAX_WAIT = 10


class Threads:
    """Limits the requests that run at the same time. Django starts a thread for each, with a database connection."""

    def __init__(self, number: int) -> None:
        self.free = asyncio.Semaphore(number)
        self.waiting = 0

    async def acquire(self) -> bool:
        if self.waiting >= MAX_WAITING:
            return False
        self.waiting += 1
        try:
            async with asyncio.timeout(MAX_WAIT):
                await self.free.acquire()
        except TimeoutError:
            return False
        finally:
            self.waiting -= 1
        return True


class BoundedASGIHandler(ASGIHandler):
    """Django, with a limit of threads and an access log. daphne's own access log shows tickets and tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.threads = Threads(load().web_threads)
        self.reserved_threads = Threads(RESERVED_THREADS)
        self.is_reserved = reserved_paths(settings.STATIC_URL).match

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started_at = time.monotonic()
        status = 0

        async def send_and_note(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        threads = self.reserved_threads if self.is_reserved(scope["path"]) else self.threads
        if not await threads.acquire():
            await answer(send, 503, "The server is busy. Try again later.")
            return
        try:
            await super().__call__(scope, receive, send_and_note)
        finally:
            threads.free.release()
            duration = timedelta(seconds=time.monotonic() - started_at)
            if line := access_log_line(scope.get("environ", {}), status, duration):
                logger.info(line.pop("message"), extra=line)

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, error_response = super().create_request(scope, body_file)
        if request:
            scope["environ"] = request.META
        return request, error_response


async def answer(send: Any, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"10")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def health_checks(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] in PROBES:
        await django_application(scope, receive, send)
    else:
        await answer(send, 404, "Only WebSockets are answered here.")


django_application = BoundedASGIHandler()
application: Any = ProtocolTypeRouter({"http": django_application, "websocket": websocket_application()})
# For a process beside one that answers HTTP.
websockets: Any = ProtocolTypeRouter({"http": health_checks, "websocket": websocket_application()})
