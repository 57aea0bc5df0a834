"""What all sockets have in common: who listens, what they may send, and when it ends."""

import asyncio
import json
import logging
import random
import time
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from apps.live import codes, events, groups
from apps.live.events import Event, Refused
from apps.live.identity import Identity
from apps.live.layer import Here
from apps.live.limits import SIZE, Pace

logger = logging.getLogger(__name__)

# Seconds between two looks at whether all still holds; signals tell most of it at once.
LOOK = 60


class LiveConsumer(AsyncWebsocketConsumer):
    socket: ClassVar[events.Socket]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pace = Pace()
        self.is_open = False
        self.watch: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.identity: Identity = scope["identity"]
        self.user = self.identity.user
        Here.loop = asyncio.get_running_loop()
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.watch:
                self.watch.cancel()

    async def dispatch(self, message: Any) -> None:
        """Without Channels' own look at the database connections: what asks the database does that itself."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    def listens_to(self) -> list[str]:
        """Groups, beside the user's own."""
        return []

    async def opened(self) -> None:
        """The socket hears everything from now on: tell what it has to know first."""

    async def handle(self, event: Any) -> None:
        """Do what a client asks."""

    def newest(self) -> int:
        """Asks the database for the last id that a client may have missed nothing before."""
        return 0

    def ending(self) -> int | None:
        """Asks the database for a reason to close."""
        return None if self.identity.holds else codes.SIGN_IN

    async def connect(self) -> None:
        await self.accept()
        for group in (groups.person(self.user.pk), *self.listens_to()):
            await self.channel_layer.group_add(group, self.channel_name)
            self.groups.append(group)
        # After joining, so that nothing slips through between joining and looking.
        if await self.ended():
            return
        self.is_open = True
        await self.say(events.Ready(user=self.user.pk, last=await database_sync_to_async(self.newest)()))
        await self.opened()
        self.watch = asyncio.create_task(self.look_again())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.is_open:
            return
        try:
            if not self.pace.allows():
                raise Refused("too_fast", "Slow down: this message was not taken.")
            if text_data and len(text_data) > SIZE:
                raise Refused("too_large", f"A message has {SIZE} characters at most.")
            await self.handle(events.understood(text_data, self.socket.takes))
        except Refused as refusal:
            if self.pace.is_exhausted:
                await self.end(codes.TOO_MUCH)
            else:
                await self.say(events.Error(code=refusal.code, message=refusal.message))

    async def say(self, event: Event) -> None:
        await self.send(json.dumps(event.as_message(), ensure_ascii=False))

    async def end(self, code: int) -> None:
        self.is_open = False
        await self.close(code)

    async def ended(self) -> bool:
        code = await database_sync_to_async(self.ending)()
        if code:
            await self.end(code)
        return bool(code)

    async def look_again(self) -> None:
        while True:
            # Not all at the same moment; but a token's end is exact.
            pause = LOOK * random.uniform(0.8, 1.2)  # noqa: S311
            await asyncio.sleep(min(pause, max(0.0, self.identity.expires_at - time.time())))
            try:
                if await self.ended():
                    return
                await self.catch_up()
            except DatabaseError as error:
                logger.warning("A socket could not be looked after: %s", type(error).__name__)
                await asyncio.sleep(1)

    async def catch_up(self) -> None:
        """Tell what was missed without anybody noticing."""

    # What other processes tell: the type of a message is the name of a method here.

    async def live_event(self, message: dict[str, Any]) -> None:
        if self.is_open:
            await self.send(json.dumps(message["event"], ensure_ascii=False))

    async def look_now(self, message: dict[str, Any]) -> None:
        if self.is_open:
            await self.ended()

    async def come_back(self, message: dict[str, Any]) -> None:
        await self.end(codes.COME_BACK)
