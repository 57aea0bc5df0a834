"""The proxy in front of a service: one address for all its instances.

For a web service it is an HTTP proxy that terminates TLS, as the application sees it: plain HTTP at its address stands
for HTTPS at the service's host. Nothing is encrypted here.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from slipway.rehearse.http_messages import (
    UNTIL_CLOSE,
    Head,
    InvalidHTTP,
    Length,
    body,
    read_head,
    request_body_length,
    response_body_length,
)
from slipway.rehearse.listener import Listener, NoResponse

# Address of the edge proxy, which the application sees as the last entry of X-Forwarded-For.
EDGE = "10.11.12.13"
HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection")
# Methods that can be repeated.
REPEATABLE = ("GET", "HEAD", "OPTIONS")

Address = tuple[str, int]


@dataclass
class Upstream:
    """A connection to one instance."""

    instance: Address
    reader: StreamReader
    writer: StreamWriter
    used: bool = False
    # The instance closes it after its response.
    closing: bool = False


class ServiceProxy:
    """For private services: forwards bytes in both directions."""

    is_public = False

    def __init__(self) -> None:
        self.instances: list[Address] = []
        self.next_instance = count()
        self.listeners = [Listener(self.serve)]

    async def open(self) -> None:
        for listener in self.listeners:
            await listener.open()

    async def close(self) -> None:
        for listener in self.listeners:
            await listener.close()

    @property
    def port(self) -> int:
        return self.listeners[0].port

    def route_to(self, instances: Sequence[Address]) -> None:
        """Send new requests to these instances. Requests in progress stay where they are."""
        self.instances = list(instances)

    async def connect(self) -> Upstream:
        instance = self.instances[next(self.next_instance) % len(self.instances)]
        try:
            return Upstream(instance, *await asyncio.open_connection(*instance))
        except OSError as error:
            raise NoResponse from error

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self.instances:
            upstream = await self.connect()
            await tunnel((reader, writer), (upstream.reader, upstream.writer))


class WebProxy(ServiceProxy):
    is_public = True

    def __init__(self) -> None:
        super().__init__()
        self.listeners.append(Listener(redirect))

    @property
    def plain_port(self) -> int:
        return self.listeners[1].port

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        upstream: Upstream | None = None
        try:
            while head := await read_head(reader):
                upstream = await self.exchange(head, reader, writer, upstream)
                if upstream is None:
                    return
        except InvalidHTTP as error:
            await respond(writer, "400 Bad Request", str(error))
        finally:
            if upstream:
                upstream.writer.close()

    async def exchange(
        self, head: Head, reader: StreamReader, writer: StreamWriter, upstream: Upstream | None
    ) -> Upstream | None:
        """One request and its response. Returns the connection to the instance if it can be used again."""
        if not self.instances:
            await respond(writer, "503 Service Unavailable", "No instance of this service is running.")
            return None
        if upstream and (upstream.closing or upstream.instance not in self.instances):
            upstream.writer.close()
            upstream = None
        if head.has_token("expect", "100-continue"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        sending: asyncio.Task[None] | None = None
        try:
            upstream, sending, response = await self.send_request(head, reader, writer, upstream)
        except NoResponse:
            await respond(writer, "502 Bad Gateway", "The instance of this service does not respond.")
            return None
        keep = False
        try:
            if response.status == 101:
                writer.write(response.encode())
                await tunnel((reader, writer), (upstream.reader, upstream.writer))
                return None
            keep = await send_response(response, head, upstream, writer) and sending.done()
            return upstream if keep else None
        finally:
            sending.cancel()
            upstream.used = True
            if not keep:
                upstream.writer.close()

    async def send_request(
        self, head: Head, reader: StreamReader, writer: StreamWriter, upstream: Upstream | None
    ) -> tuple[Upstream, asyncio.Task[None], Head]:
        length = request_body_length(head)
        while True:
            upstream = upstream or await self.connect()
            upstream.writer.write(proxied_head(head, writer.get_extra_info("peername")[0]).encode())
            sending = asyncio.create_task(send(reader, length, upstream.writer))
            try:
                while response := await read_head(upstream.reader):
                    # Other 1xx responses come before the response.
                    if response.status == 101 or response.status >= 200:
                        # Raises while a 502 can still be sent.
                        response_body_length(response, head.first[0])
                        return upstream, sending, response
            except (OSError, EOFError, InvalidHTTP):
                pass
            sending.cancel()
            upstream.writer.close()
            # An instance may close an idle connection at the moment that it is used: that is not an error.
            if not upstream.used or length or head.first[0] not in REPEATABLE:
                raise NoResponse
            upstream = None


def proxied_head(head: Head, client: str) -> Head:
    """The request head as the application receives it."""
    addresses = [part for part in (head.get("x-forwarded-for"), client, EDGE) if part]
    upgrade = [("Connection", "Upgrade")] if head.has_token("connection", "upgrade") else []
    return Head(
        head.first,
        [
            *head.without(*HOP_BY_HOP, "expect", "x-forwarded-for", "x-forwarded-proto"),
            *upgrade,
            ("X-Forwarded-For", ", ".join(addresses)),
            ("X-Forwarded-Proto", "https"),
        ],
    )


async def send(reader: StreamReader, length: Length, writer: StreamWriter) -> None:
    try:
        async for data in body(reader, length):
            writer.write(data)
            await writer.drain()
    except (OSError, EOFError, InvalidHTTP):
        # One side has closed: close the other.
        writer.close()


async def send_response(response: Head, request: Head, upstream: Upstream, writer: StreamWriter) -> bool:
    """Returns whether the client's connection can be used again."""
    length = response_body_length(response, request.first[0])
    keep_open = (
        length != UNTIL_CLOSE and not request.has_token("connection", "close") and request.first[-1] == "HTTP/1.1"
    )
    upstream.closing = response.first[0] == "HTTP/1.0" or response.has_token("connection", "close")
    extra = [] if keep_open else [("Connection", "close")]
    first = ["HTTP/1.1", *response.first[1:]]
    writer.write(Head(first, [*response.without(*HOP_BY_HOP), *extra]).encode())
    try:
        async for data in body(upstream.reader, length):
            writer.write(data)
            await writer.drain()
    except InvalidHTTP as error:
        raise NoResponse from error
    return keep_open


async def tunnel(near: tuple[StreamReader, StreamWriter], far: tuple[StreamReader, StreamWriter]) -> None:
    """Copy both ways, until the far side closes."""
    sending = asyncio.create_task(send(near[0], UNTIL_CLOSE, far[1]))
    # A client that has sent everything may still read.
    sending.add_done_callback(lambda task: None if task.cancelled() or far[1].is_closing() else far[1].write_eof())
    try:
        async for data in body(far[0], UNTIL_CLOSE):
            near[1].write(data)
            await near[1].drain()
    finally:
        sending.cancel()
        far[1].close()


async def redirect(reader: StreamReader, writer: StreamWriter) -> None:
    if head := await read_head(reader):
        address = f"https://{head.get('host')}{head.first[1]}"
        await respond(writer, "301 Moved Permanently", "Use HTTPS.", f"Location: {address}\r\n")


async def respond(writer: StreamWriter, status: str, sentence: str, header: str = "") -> None:
    """A response of the proxy itself; then the connection closes."""
    text = f"{sentence}\n"
    writer.write(
        f"HTTP/1.1 {status}\r\n{header}Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
        f"Connection: close\r\n\r\n{text}".encode()
    )
    await writer.drain()
