"""WebSockets of the site in the process of the test, with the client of Channels."""

import json
from functools import wraps
from inspect import signature
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from apps.accounts.models import User
from apps.live.models import Ticket
from config.asgi import application

in_thread = database_sync_to_async

HOST = (b"host", b"testserver")
ORIGIN = (b"origin", b"http://testserver")


class Socket:
    def __init__(self, path: str, headers: tuple[tuple[bytes, bytes], ...] = (HOST, ORIGIN)) -> None:
        self.communicator = WebsocketCommunicator(application, path, headers=list(headers))

    async def open(self) -> "Socket":
        is_accepted, _ = await self.communicator.connect(timeout=5)
        assert is_accepted
        return self

    async def is_rejected(self) -> bool:
        return not (await self.communicator.connect(timeout=5))[0]

    async def receive(self, kind: str = "") -> dict[str, Any]:
        """The next event, or the next of this type."""
        while True:
            message = json.loads(await self.communicator.receive_from(timeout=5))
            if not kind or message["type"] == kind:
                return message

    async def send(self, **message: Any) -> None:
        await self.communicator.send_to(text_data=json.dumps(message))

    async def close_code(self) -> int:
        """Ignores the events before."""
        while True:
            message = await self.communicator.receive_output(timeout=5)
            if message["type"] == "websocket.close":
                return message["code"]

    async def receives_nothing(self) -> bool:
        return await self.communicator.receive_nothing(timeout=0.3)

    async def disconnect(self) -> None:
        await self.communicator.disconnect(timeout=5)


async def connect(path: str, user: User) -> Socket:
    """Open a WebSocket with a ticket, and wait for `ready`."""
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    socket = await Socket(f"{path}?ticket={ticket}").open()
    assert (await socket.receive())["type"] == "ready"
    return socket


def async_test(test: Any) -> Any:
    """Makes a test of a coroutine. Database queries use the thread and the connection of the test."""

    @wraps(test)
    def synchronous(*args: Any, **fixtures: Any) -> Any:
        return async_to_sync(test)(*args, **fixtures)

    # pytest would see the coroutine function otherwise.
    vars(synchronous)["__signature__"] = signature(test)
    del vars(synchronous)["__wrapped__"]
    return synchronous
