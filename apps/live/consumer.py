"""The base class of all WebSockets."""

import asyncio
import json
import logging
import random
import time
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from apps.api.throttles import increment
from apps.live.authentication import Credentials
from apps.live.events import MAX_ITEMS, CloseCode, Error, Event, InvalidMessage, Missed, Ready, Since, parse
from apps.live.publish import State, user_group

logger = logging.getLogger(__name__)

# Seconds between two checks of the access. Signals start most checks at once.
CHECK_INTERVAL = 60
# Messages of one user in a window of so many seconds, and messages over the limit until a WebSocket is closed.
MAX_MESSAGES = 20
WINDOW = 2
MAX_WARNINGS = 100


class LiveConsumer(AsyncWebsocketConsumer):
    # The events, besides those of this class, that the server sends and that it accepts from clients.
    sends: ClassVar[tuple[type[Event], ...]] = ()
    accepts: ClassVar[tuple[type[Event], ...]] = ()
    # Events with rising ids that `events_since` reads from the database when a client has reconnected.
    replays: ClassVar[tuple[type[Event], ...]] = ()

    # Override these. The plain methods run in a thread, and may query the database.

    def group_names(self) -> list[str]:
        """Groups whose events this WebSocket sends."""
        return []

    def close_code(self) -> int | None:
        """The reason to close, if the user has no access any more."""
        return None if self.credentials.are_valid() else CloseCode.NOT_SIGNED_IN

    def newest_id(self) -> int:
        """The id with which a client starts."""
        return 0

    def events_since(self, last_id: int) -> list[Event]:
        """The events after this id, oldest first: MAX_ITEMS, and one more if there are more."""
        return []

    async def on_open(self) -> None:
        """Called after `ready`. Send what the client has to know first."""

    async def on_event(self, event: Any) -> None:
        """Called with each event that a client sends. Raise InvalidMessage to reject it."""

    async def on_check(self) -> None:
        """Called about once a minute. Send events that were lost."""

    # The rest is called by Channels.

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.credentials: Credentials = scope["credentials"]
        self.scope, self.user = scope, self.credentials.user
        self.groups = [user_group(self.user.pk), *self.group_names()]
        self.is_open = False
        self.rate_limit = RateLimit(self.user.pk)
        self.checks: asyncio.Task[None] | None = None
        State.event_loop = asyncio.get_running_loop()
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.checks:
                self.checks.cancel()

    async def dispatch(self, message: Any) -> None:
        """Without the check of the database connections by Channels, which costs a thread switch for each message."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        await self.accept()
        # Channels has added the groups before: no event is lost between this check and the groups.
        if await self.close_without_access():
            return
        self.is_open = True
        newest_id = await database_sync_to_async(self.newest_id)()
        await self.send_event(Ready(self.user.pk, newest_id, [event.type for event in self.replays]))
        await self.on_open()
        self.checks = asyncio.create_task(self.check_again())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.is_open:
            return
        try:
            await self.handle(text_data)
        except InvalidMessage as error:
            if self.rate_limit.warnings > MAX_WARNINGS:
                await self.end(CloseCode.LIMIT_EXCEEDED)
            else:
                await self.send_event(Error(error.code, error.message))

    async def handle(self, text: str | None) -> None:
        try:
            event = parse(text, (*self.accepts, Since) if self.replays else self.accepts)
        except InvalidMessage:
            await self.rate_limit.count("message")
            raise
        if isinstance(event, Since):
            # A client that has missed much sends many of these at once.
            await self.rate_limit.count("since")
            await self.replay(event.id)
        else:
            await self.rate_limit.count("message")
            await self.on_event(event)

    async def replay(self, last_id: int) -> None:
        events = await database_sync_to_async(self.events_since)(last_id)
        items = [event.as_message() for event in events[:MAX_ITEMS]]
        await self.send_event(Missed(items, more=len(events) > MAX_ITEMS))

    async def send_event(self, event: Event) -> None:
        await self.send(json.dumps(event.as_message(), ensure_ascii=False))

    async def end(self, code: int) -> None:
        self.is_open = False
        await self.close(code)

    async def close_without_access(self) -> bool:
        code = await database_sync_to_async(self.close_code)()
        if code:
            await self.end(code)
        return bool(code)

    async def check_again(self) -> None:
        while True:
            # Spread the checks of many WebSockets; but end exactly when a token expires.
            pause = CHECK_INTERVAL * random.uniform(0.8, 1.2)  # noqa: S311
            await asyncio.sleep(min(pause, max(0.0, self.credentials.expires_at - time.time())))
            try:
                if await self.close_without_access():
                    return
                await self.on_check()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The access of a WebSocket was not checked (%s)", type(error).__name__)
                await asyncio.sleep(1)
            except Exception:
                # An error in on_check must not end the checks of the access.
                logger.exception("The check of a WebSocket failed")
                await asyncio.sleep(1)

    # Messages of other processes: Channels calls the method that the type of the message names.

    async def live_event(self, message: dict[str, Any]) -> None:
        if self.is_open:
            await self.send(json.dumps(message["event"], ensure_ascii=False))

    async def check_access(self, message: dict[str, Any]) -> None:
        if self.is_open:
            await self.close_without_access()

    async def reconnect(self, message: dict[str, Any]) -> None:
        await self.end(CloseCode.RECONNECT)


class RateLimit:
    """Limits the messages of a user. The cache counts those of all WebSockets, in all processes if it is in Redis."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.warnings = 0
        # For each kind of message, the window in which one was refused: the next ones do not reach the cache.
        self.refused: dict[str, float] = {}

    async def count(self, kind: str) -> None:
        """Raises InvalidMessage over the limit. Each kind has a limit of its own."""
        window = time.time() // WINDOW
        if self.refused.get(kind) != window:
            # In any thread: the one of the database may be busy.
            key = f"live:{kind}:{self.user_id}:{window:.0f}"
            if await sync_to_async(increment, thread_sensitive=False)(key, WINDOW) <= MAX_MESSAGES:
                return
            self.refused[kind] = window
        self.warnings += 1
        raise InvalidMessage("too_fast", "Too many messages: this one was ignored.")
