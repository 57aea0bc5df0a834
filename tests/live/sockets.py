"""Opens sockets of the site within the test's own process."""

import json
from functools import wraps
from inspect import signature
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from apps.accounts.models import User
from apps.live.tickets import issue_ticket
from config.asgi import application

# Runs what must not be run in an event loop, as the site does.
aside = database_sync_to_async

HERE = (b"origin", b"https://testserver")


class Socket:
    def __init__(self, path: str, headers: tuple[tuple[bytes, bytes], ...] = (HERE,)) -> None:
        self.wire = WebsocketCommunicator(application, path, headers=list(headers))

    async def open(self) -> "Socket":
        is_accepted, _ = await self.wire.connect(timeout=5)
        assert is_accepted
        return self

    async def is_refused(self) -> bool:
        return not (await self.wire.connect(timeout=5))[0]

    async def hear(self, kind: str = "") -> dict[str, Any]:
        """The next message, or the next of this kind."""
        while True:
            message = json.loads(await self.wire.receive_from(timeout=5))
            if not kind or message["type"] == kind:
                return message

    async def say(self, **message: Any) -> None:
        await self.wire.send_to(text_data=json.dumps(message))

    async def code(self) -> int:
        """Why it is closed; what comes before is passed over."""
        while True:
            message = await self.wire.receive_output(timeout=5)
            if message["type"] == "websocket.close":
                return message["code"]

    async def is_silent(self) -> bool:
        return await self.wire.receive_nothing(timeout=0.3)

    async def leave(self) -> None:
        await self.wire.disconnect(timeout=5)


async def enter(path: str, user: User) -> Socket:
    """A socket that is open and ready."""
    ticket = await aside(issue_ticket)(user=user)
    socket = await Socket(f"{path}?ticket={ticket}").open()
    assert (await socket.hear())["type"] == "ready"
    return socket


def live(test: Any) -> Any:
    """Makes a test of a coroutine. What it asks the database, it asks in the test's own thread and connection."""

    @wraps(test)
    def synchronous(*args: Any, **fixtures: Any) -> Any:
        return async_to_sync(test)(*args, **fixtures)

    # Or pytest would take it for the coroutine that it wraps.
    vars(synchronous)["__signature__"] = signature(test)
    del vars(synchronous)["__wrapped__"]
    return synchronous
