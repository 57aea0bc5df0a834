"""Clients that send requests without a pause, and the requests that were lost."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from time import monotonic

from slipway.rehearse.http_messages import UNTIL_CLOSE, InvalidHTTP, body, read_head, response_body_length
from slipway.rehearse.listener import LOCALHOST

TIMEOUT = 30
# Clients that keep their connection, and clients that open one for each request.
KEEP_ALIVE_CLIENTS, NEW_CONNECTION_CLIENTS = 4, 2
# Seconds between two requests of a client. Without a pause, the load would slow down the versions that start.
PAUSE = 0.008
LIGHT_PAUSE = 0.1


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    path: str


class Load:
    """Sends requests from the start to the end of `async with`."""

    def __init__(self, targets: Sequence[Target], pause: float = PAUSE) -> None:
        self.targets = targets
        self.pause = pause
        self.times: list[float] = []
        self.lost: Counter[str] = Counter()

    async def __aenter__(self) -> "Load":
        self.ending = False
        self.clients = [
            asyncio.create_task(self.run_client(place, keep_alive=place < KEEP_ALIVE_CLIENTS))
            for place in range(KEEP_ALIVE_CLIENTS + NEW_CONNECTION_CLIENTS)
        ]
        return self

    async def __aexit__(self, *error: object) -> None:
        """Wait for the responses that are on their way."""
        self.ending = True
        await asyncio.gather(*self.clients)

    @property
    def sent(self) -> int:
        return len(self.times) + self.lost.total()

    async def until_sent(self, requests: int) -> None:
        # A client never ends by itself: its exception is raised at the end.
        while self.sent < requests and not any(client.done() for client in self.clients):
            await asyncio.sleep(0.05)

    async def run_client(self, place: int, keep_alive: bool) -> None:
        # Each client uses one host, as a connection does.
        mine = [target for target in self.targets if target.port == self.ports[place % len(self.ports)]]
        connection: tuple[StreamReader, StreamWriter] | None = None
        for target in cycle(mine):
            if self.ending:
                break
            started = monotonic()
            try:
                async with asyncio.timeout(TIMEOUT):
                    connection = connection or await asyncio.open_connection(LOCALHOST, target.port)
                    reusable = await send_request(target, *connection, keep_alive=keep_alive)
                self.times.append(monotonic() - started)
            except (OSError, EOFError, InvalidHTTP, RequestLost) as error:
                self.lost[f"{target.host}{target.path}: {describe(error)}"] += 1
                reusable = False
            if connection and not reusable:
                connection[1].close()
                connection = None
            await asyncio.sleep(self.pause)
        if connection:
            connection[1].close()

    @property
    def ports(self) -> list[int]:
        return sorted({target.port for target in self.targets})

    def percentile(self, part: float) -> float:
        """Response time that this share of the requests did not exceed."""
        times = sorted(self.times)
        return times[min(int(len(times) * part), len(times) - 1)] if times else 0.0

    def summary(self) -> str:
        return (
            f"{self.sent} requests, {self.lost.total()} lost, "
            f"p50 {self.percentile(0.5) * 1000:.0f} ms, p99 {self.percentile(0.99) * 1000:.0f} ms"
        )


class RequestLost(Exception):
    """No response, or an error."""


async def send_request(target: Target, reader: StreamReader, writer: StreamWriter, keep_alive: bool) -> bool:
    """Returns whether the connection can be used again."""
    header = "" if keep_alive else "Connection: close\r\n"
    writer.write(f"GET {target.path} HTTP/1.1\r\nHost: {target.host}\r\n{header}\r\n".encode())
    head = await read_head(reader)
    if head is None:
        raise RequestLost("the connection was closed without a response")
    length = response_body_length(head, "GET")
    async for _ in body(reader, length):
        pass
    if head.status >= 500:
        raise RequestLost(f"status {head.status}")
    return keep_alive and length != UNTIL_CLOSE and not head.has_token("connection", "close")


def describe(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no response within {TIMEOUT} s"
    if isinstance(error, EOFError):
        return "the response was cut"
    return str(error) or type(error).__name__
