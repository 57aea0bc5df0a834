"""TCP servers of the proxies."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

from slipway.rehearse.http_messages import InvalidHTTP

LOCALHOST = "127.0.0.1"

Handler = Callable[[StreamReader, StreamWriter], Awaitable[None]]


class NoResponse(Exception):
    """The instance is unreachable or sends no response."""


class Listener:
    """A server on a port of its own."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.port = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self.server = await asyncio.start_server(self.handle, LOCALHOST, 0, backlog=512)
        self.port = self.server.sockets[0].getsockname()[1]

    async def handle(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        try:
            await self.handler(reader, writer)
        except (OSError, EOFError, InvalidHTTP, NoResponse):
            reset(writer)
        except asyncio.CancelledError:
            # close() cancels.
            reset(writer)
        finally:
            self.tasks.discard(task)
            writer.close()

    async def close(self) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def reset(writer: StreamWriter) -> None:
    """Close with a reset, so that a response without a length does not look complete."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
