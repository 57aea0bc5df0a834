"""The door: what every socket passes on its way in, and out."""

import asyncio
import logging
import time
from typing import Any
from uuid import uuid4

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from apps.live import codes, limits
from apps.live.identity import identify
from apps.live.origins import is_welcome
from config.logs import LogContext, log_context

logger = logging.getLogger(__name__)


class Door:
    """An ASGI application around the one with the sockets."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        visit = Visit(scope, receive, send)
        token = log_context.set(visit.context)
        try:
            await self.admit(visit)
        except asyncio.CancelledError:
            # The server ends, and hangs up once all visits are over: leave it the time to say so.
            await visit.close(codes.COME_BACK)
            await asyncio.sleep(0.2)
        except (RedisError, OperationalError, InterfaceError, ConnectionError) as error:
            if not visit.code:
                logger.warning("A socket is asked to come back: %s", type(error).__name__)
            await visit.close(codes.COME_BACK)
        except Exception:
            logger.exception("A socket failed")
            await visit.close(codes.FAILED)
        finally:
            visit.log()
            log_context.reset(token)

    async def admit(self, visit: "Visit") -> None:
        origin = visit.headers.get(b"origin", b"").decode("latin-1")
        if origin and not is_welcome(origin):
            await visit.refuse()
            return
        # Whoever opens a socket without a page is no browser; a cookie does not come from there by itself.
        identity = await database_sync_to_async(identify)(visit.query, visit.headers, cookies=bool(origin))
        if not identity:
            await visit.close(codes.SIGN_IN)
            return
        visit.context.known_user_id = identity.user.pk
        with limits.counted(identity.user.pk) as is_one_of_few:
            if not is_one_of_few:
                await visit.close(codes.TOO_MUCH)
                return
            await self.inside(visit.scope | {"identity": identity, "user": identity.user}, visit.receive, visit.send)


class Visit:
    """One socket, as its messages pass: for its close code, and its line in the log."""

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        # A ticket or a token is in the query: nothing further in sees it, so nothing can log it.
        self.query: bytes = scope.get("query_string", b"")
        self.scope = scope | {"query_string": b""}
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.context = LogContext(uuid4().hex)
        self.began = time.monotonic()
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
            # It is closed, by one side or the other.
            return
        elif message["type"] == "websocket.close":
            self.code = message.get("code", 1000)
        await self._send(message)

    async def close(self, code: int) -> None:
        """A browser learns the code of a socket that was open, and of no other."""
        if not self.accepted:
            await self.send({"type": "websocket.accept"})
        await self.send({"type": "websocket.close", "code": code})

    async def refuse(self) -> None:
        """Answered with 403: a page from elsewhere learns nothing."""
        self.code = 403
        await self._send({"type": "websocket.close"})

    def log(self) -> None:
        line = {
            "method": "WS",
            "path": self.scope["path"],
            "status": self.code,
            "duration_ms": round((time.monotonic() - self.began) * 1000, 1),
        }
        logger.info("WS %s %s", line["path"], line["status"], extra=line)
