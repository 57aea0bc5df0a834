"""What stands before a service on the platform: one address, whichever instances are behind it.

For a web service it speaks HTTP and ends TLS, as far as the application can see: plain HTTP at its address stands for
HTTPS at the service's host. Nothing is encrypted here, as no browser would trust our certificate.
"""

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count

from slipway.rehearse.messages import (
    UNTIL_THE_END,
    BadMessage,
    Head,
    Length,
    body,
    length_of_answer,
    length_of_request,
    read_head,
)

HERE = "127.0.0.1"
# The last of the two proxies that a request comes through. The application sees it as one more address.
EDGE = "10.11.12.13"
HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection")
# Asking again for these changes nothing.
SAFE = ("GET", "HEAD", "OPTIONS")

Address = tuple[str, int]
Conversation = Callable[[StreamReader, StreamWriter], Awaitable[None]]


class NoAnswer(Exception):
    """The instance is not there, or says nothing."""


@dataclass
class Line:
    """A connection to one instance."""

    instance: Address
    reader: StreamReader
    writer: StreamWriter
    used: bool = False
    # The instance closes it after its answer.
    ends: bool = False


class Door:
    """Listens on a port of its own and talks to each who comes, until it is closed."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.port = 0
        self.conversations: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self.server = await asyncio.start_server(self.welcome, HERE, 0, backlog=512)
        self.port = self.server.sockets[0].getsockname()[1]

    async def welcome(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.conversations.add(task)
        try:
            await self.talk(reader, writer)
        except (OSError, EOFError, BadMessage, NoAnswer):
            break_off(writer)
        except asyncio.CancelledError:
            # Only our own end cancels.
            break_off(writer)
        finally:
            self.conversations.discard(task)
            writer.close()

    async def close(self) -> None:
        self.server.close()
        for task in self.conversations:
            task.cancel()
        await asyncio.gather(*self.conversations, return_exceptions=True)


def break_off(writer: StreamWriter) -> None:
    """With a reset: an answer that has no length would look like a full one."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Front:
    """What every service that can be reached has before it."""

    is_public = False

    def __init__(self) -> None:
        self.instances: list[Address] = []
        self.turn = count()
        self.doors = [Door(self.serve)]

    async def open(self) -> None:
        for door in self.doors:
            await door.open()

    async def close(self) -> None:
        for door in self.doors:
            await door.close()

    @property
    def port(self) -> int:
        return self.doors[0].port

    def switch(self, instances: Sequence[Address]) -> None:
        """What begins from now on goes to these; what has begun ends where it is."""
        self.instances = list(instances)

    async def connect(self) -> Line:
        instance = self.instances[next(self.turn) % len(self.instances)]
        try:
            return Line(instance, *await asyncio.open_connection(*instance))
        except OSError as error:
            raise NoAnswer from error

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """A private service's visitors may speak whatever they like."""
        if self.instances:
            line = await self.connect()
            await tunnel((reader, writer), (line.reader, line.writer))


class WebFront(Front):
    is_public = True

    def __init__(self) -> None:
        super().__init__()
        self.doors.append(Door(redirect))

    @property
    def plain_port(self) -> int:
        return self.doors[1].port

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        line: Line | None = None
        try:
            while head := await read_head(reader):
                line = await self.exchange(head, reader, writer, line)
                if line is None:
                    return
        except BadMessage as error:
            await answer(writer, "400 Bad Request", str(error))
        finally:
            if line:
                line.writer.close()

    async def exchange(self, head: Head, reader: StreamReader, writer: StreamWriter, line: Line | None) -> Line | None:
        """One request and its answer. The line stays for the next one, unless somebody wants to close."""
        if not self.instances:
            await answer(writer, "503 Service Unavailable", "No instance of this service is running.")
            return None
        if line and (line.ends or line.instance not in self.instances):
            line.writer.close()
            line = None
        if head.says("expect", "100-continue"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        sending: asyncio.Task[None] | None = None
        try:
            line, sending, said = await self.ask(head, reader, writer, line)
        except NoAnswer:
            await answer(writer, "502 Bad Gateway", "The instance of this service does not answer.")
            return None
        again = False
        try:
            if said.status == 101:
                writer.write(said.encode())
                await tunnel((reader, writer), (line.reader, line.writer))
                return None
            again = await pass_on(said, head, line, writer) and sending.done()
            return line if again else None
        finally:
            sending.cancel()
            line.used = True
            if not again:
                line.writer.close()

    async def ask(
        self, head: Head, reader: StreamReader, writer: StreamWriter, line: Line | None
    ) -> tuple[Line, asyncio.Task[None], Head]:
        length = length_of_request(head)
        while True:
            line = line or await self.connect()
            line.writer.write(forwarded(head, writer.get_extra_info("peername")[0]).encode())
            sending = asyncio.create_task(send(reader, length, line.writer))
            try:
                while said := await read_head(line.reader):
                    # Others of its kind only announce the answer.
                    if said.status == 101 or said.status >= 200:
                        # While there is time to say that it makes no sense.
                        length_of_answer(said, head.first[0])
                        return line, sending, said
            except (OSError, EOFError, BadMessage):
                pass
            sending.cancel()
            line.writer.close()
            # An instance may close a connection that has been idle just as we use it: no proxy calls that an error.
            if not line.used or length or head.first[0] not in SAFE:
                raise NoAnswer
            line = None


def forwarded(head: Head, client: str) -> Head:
    """The request as the application gets it."""
    spoken = [part for part in (head.get("x-forwarded-for"), client, EDGE) if part]
    upgrade = [("Connection", "Upgrade")] if head.says("connection", "upgrade") else []
    return Head(
        head.first,
        [
            *head.without(*HOP_BY_HOP, "expect", "x-forwarded-for", "x-forwarded-proto"),
            *upgrade,
            ("X-Forwarded-For", ", ".join(spoken)),
            ("X-Forwarded-Proto", "https"),
        ],
    )


async def send(reader: StreamReader, length: Length, writer: StreamWriter) -> None:
    try:
        async for piece in body(reader, length):
            writer.write(piece)
            await writer.drain()
    except (OSError, EOFError, BadMessage):
        # One of the two is gone, which the other learns by this.
        writer.close()


async def pass_on(said: Head, asked: Head, line: Line, writer: StreamWriter) -> bool:
    """Whether the client's connection can be used again."""
    length = length_of_answer(said, asked.first[0])
    stays = length != UNTIL_THE_END and not asked.says("connection", "close") and asked.first[-1] == "HTTP/1.1"
    line.ends = said.first[0] == "HTTP/1.0" or said.says("connection", "close")
    said_by_us = [] if stays else [("Connection", "close")]
    first = ["HTTP/1.1", *said.first[1:]]
    writer.write(Head(first, [*said.without(*HOP_BY_HOP), *said_by_us]).encode())
    try:
        async for piece in body(line.reader, length):
            writer.write(piece)
            await writer.drain()
    except BadMessage as error:
        raise NoAnswer from error
    return stays


async def tunnel(near: tuple[StreamReader, StreamWriter], far: tuple[StreamReader, StreamWriter]) -> None:
    """Both ways, until the far end closes."""
    there = asyncio.create_task(send(near[0], UNTIL_THE_END, far[1]))
    # Who has said everything may still listen.
    there.add_done_callback(lambda task: None if task.cancelled() or far[1].is_closing() else far[1].write_eof())
    try:
        async for piece in body(far[0], UNTIL_THE_END):
            near[1].write(piece)
            await near[1].drain()
    finally:
        there.cancel()
        far[1].close()


async def redirect(reader: StreamReader, writer: StreamWriter) -> None:
    if head := await read_head(reader):
        address = f"https://{head.get('host')}{head.first[1]}"
        await answer(writer, "301 Moved Permanently", "Use HTTPS.", f"Location: {address}\r\n")


async def answer(writer: StreamWriter, status: str, sentence: str, header: str = "") -> None:
    """The platform's own word; then the connection closes."""
    text = f"{sentence}\n"
    writer.write(
        f"HTTP/1.1 {status}\r\n{header}Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
        f"Connection: close\r\n\r\n{text}".encode()
    )
    await writer.drain()
