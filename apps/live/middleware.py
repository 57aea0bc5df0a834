"""The ASGI middleware of all WebSockets: origin, authentication, limits, close codes and logs."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from apps.live.authentication import authenticate, is_allowed_origin, passes_csrf_check
from apps.live.events import CloseCode
from config.logs import LogContext, log_context

logger = logging.getLogger(__name__)

# Open WebSockets of one user in one process: some tabs and devices.
MAX_SOCKETS = 20

open_sockets: Counter[int] = Counter()


class LiveMiddleware:
    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        connection = Connection(scope, receive, send)
        context = log_context.set(connection.context)
        try:
            await self.serve(connection)
        except asyncio.CancelledError:
            # The server stops, and drops connections whose task is over: wait until the close code is sent.
            await connection.close(CloseCode.RECONNECT)
            await asyncio.sleep(0.2)
        except (RedisError, OperationalError, InterfaceError, ConnectionError) as error:
            if not connection.code:
                logger.warning("The client has to reconnect (%s)", type(error).__name__)
            await connection.close(CloseCode.RECONNECT)
        except Exception:
            logger.exception("A WebSocket failed")
            await connection.close(CloseCode.SERVER_ERROR)
        finally:
            connection.log()
            log_context.reset(context)

    async def serve(self, connection: "Connection") -> None:
        origin = connection.headers.get(b"origin", b"").decode("latin-1")
        if origin and not is_allowed_origin(origin):
            await connection.reject()
            return
        # A browser sends the cookie for any page. A client without an origin is no browser, and has no cookie.
        cookies = bool(origin) and passes_csrf_check(connection.scope)
        credentials = await database_sync_to_async(authenticate)(connection.query, connection.headers, cookies=cookies)
        if not credentials:
            await connection.close(CloseCode.NOT_SIGNED_IN)
            return
        user = credentials.user
        connection.context.known_user_id = user.pk
        with counted(user.pk) as number:
            if number > MAX_SOCKETS:
                await connection.close(CloseCode.LIMIT_EXCEEDED)
                return
            scope = connection.scope | {"credentials": credentials, "user": user}
            await self.application(scope, connection.receive, connection.send)


@contextmanager
def counted(user_id: int) -> Iterator[int]:
    open_sockets[user_id] += 1
    try:
        yield open_sockets[user_id]
    finally:
        open_sockets[user_id] -= 1
        if not open_sockets[user_id]:
            del open_sockets[user_id]


class Connection:
    """One WebSocket: notes its close code, and writes one line to the log."""

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # The query has a ticket or a token: the application does not see it, and so cannot log it.
        self.query: bytes = scope.get("query_string", b"")
        self.scope = scope | {"query_string": b""}
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.context = LogContext(uuid4().hex)
        self.started_at = time.monotonic()
        self.accepted = False
        self.code = 0
        self._receive = receive
        self._send = send

    async def receive(self) -> Any:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self.code = self.code or message.get("code", 1005)
        return message

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
        elif self.code:
            # The server or the client has closed the WebSocket.
            return
        elif message["type"] == "websocket.close":
            self.code = message.get("code", 1000)
        await self._send(message)

    async def close(self, code: int) -> None:
        """Browsers only learn the code of a WebSocket that was accepted."""
        if not self.accepted:
            await self.send({"type": "websocket.accept"})
        await self.send({"type": "websocket.close", "code": code})

    async def reject(self) -> None:
        """Answers with HTTP 403."""
        self.code = 403
        await self._send({"type": "websocket.close"})

    def log(self) -> None:
        path, duration = self.scope["path"], time.monotonic() - self.started_at
        line = {"method": "WS", "path": path, "status": self.code, "duration_ms": round(duration * 1000, 1)}
        logger.info("WS %s %s", path, line["status"], extra=line)
