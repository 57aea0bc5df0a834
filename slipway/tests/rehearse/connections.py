"""Both ends of a connection, for tests: they send what they are told to, byte by byte."""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

from slipway.rehearse.listener import LOCALHOST
from slipway.rehearse.proxy import Address
from tools.servers import free_port

Talk = Callable[[StreamReader, StreamWriter], Awaitable[None]]
WELCOME = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome"
# Seconds. Only a hanging test takes this long.
AT_MOST = 5


def run_async(test: Any) -> Any:
    @wraps(test)
    def run(**arguments: Any) -> None:
        asyncio.run(test(**arguments))

    return run


@asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[Address]:
    """A server that handles each connection with this function."""
    conversations: set[asyncio.Task[None]] = set()

    async def welcome(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        conversations.add(task)
        try:
            await talk(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            # The visitor has left, or the test is over.
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(welcome, LOCALHOST, 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations)


class Instance:
    """Sends the same bytes for each request, and records requests and connections."""

    def __init__(self, output: bytes = WELCOME) -> None:
        self.output = output
        self.heads: list[str] = []
        self.connections = 0
        self.left = asyncio.Event()

    async def __call__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await head_from(reader):
                self.heads.append(head)
                writer.write(self.output)
                await writer.drain()
        finally:
            self.left.set()

    def header(self, name: str) -> list[str]:
        """Its values in the last request."""
        lines = [line.partition(": ") for line in self.heads[-1].split("\r\n")]
        return [value for key, _, value in lines if key.lower() == name]


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    async with asyncio.timeout(AT_MOST):
        reader, writer = await asyncio.open_connection(LOCALHOST, port)
        try:
            yield reader, writer
        finally:
            writer.close()


async def send(port: int, request: bytes) -> str:
    """The response, until the connection is closed."""
    async with connected(port) as (reader, writer):
        writer.write(request)
        return (await reader.read()).decode()


def get(path: str = "/", *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example.com", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def get_once(*headers: str) -> bytes:
    return get("/", "Connection: close", *headers)


async def head_from(reader: StreamReader) -> str:
    """Empty if the connection was closed."""
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return ""


async def hang_up(reader: StreamReader, writer: StreamWriter) -> None:
    await head_from(reader)


async def reset(reader: StreamReader, writer: StreamWriter) -> None:
    await head_from(reader)
    break_off(writer)


def break_off(writer: StreamWriter) -> None:
    # Close with a reset.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(reader: StreamReader, writer: StreamWriter) -> None:
    await asyncio.Event().wait()


def closed_port() -> Address:
    return LOCALHOST, free_port()
