"""Visitors who never stop asking, some on one connection and some on a new one each time, and what they lost."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from time import monotonic

from slipway.rehearse.messages import UNTIL_THE_END, BadMessage, body, length_of_answer, read_head
from slipway.rehearse.proxy import HERE

PATIENCE = 30
# Visitors who come back on the connection they have, and visitors who open one for each request.
KEPT, FRESH = 4, 2
# Seconds that each of them rests. Without, the load would take the processor from the versions that start.
REST = 0.008
GENTLE_REST = 0.1


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    path: str


class Load:
    """Asks from `async with` to its end."""

    def __init__(self, targets: Sequence[Target], rest: float = REST) -> None:
        self.targets = targets
        self.rest = rest
        self.times: list[float] = []
        self.lost: Counter[str] = Counter()

    async def __aenter__(self) -> "Load":
        self.ending = False
        self.visitors = [asyncio.create_task(self.visit(place, stays=place < KEPT)) for place in range(KEPT + FRESH)]
        return self

    async def __aexit__(self, *error: object) -> None:
        """Lets each have the answer it waits for."""
        self.ending = True
        await asyncio.gather(*self.visitors)

    @property
    def sent(self) -> int:
        return len(self.times) + self.lost.total()

    async def reaches(self, requests: int) -> None:
        # A visitor never ends by itself: what broke it is raised at the end.
        while self.sent < requests and not any(visitor.done() for visitor in self.visitors):
            await asyncio.sleep(0.05)

    async def visit(self, place: int, stays: bool) -> None:
        # Each visitor keeps to one host, as a connection does.
        mine = [target for target in self.targets if target.port == self.ports[place % len(self.ports)]]
        connection: tuple[StreamReader, StreamWriter] | None = None
        for target in cycle(mine):
            if self.ending:
                break
            began = monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    connection = connection or await asyncio.open_connection(HERE, target.port)
                    again = await ask(target, *connection, stays=stays)
                self.times.append(monotonic() - began)
            except (OSError, EOFError, BadMessage, Lost) as error:
                self.lost[f"{target.host}{target.path}: {reason(error)}"] += 1
                again = False
            if connection and not again:
                connection[1].close()
                connection = None
            await asyncio.sleep(self.rest)
        if connection:
            connection[1].close()

    @property
    def ports(self) -> list[int]:
        return sorted({target.port for target in self.targets})

    def share(self, part: float) -> float:
        """The time within which this part of the requests was answered."""
        times = sorted(self.times)
        return times[min(int(len(times) * part), len(times) - 1)] if times else 0.0

    def told(self) -> str:
        return (
            f"{self.sent} requests, {self.lost.total()} lost, "
            f"p50 {self.share(0.5) * 1000:.0f} ms, p99 {self.share(0.99) * 1000:.0f} ms"
        )


class Lost(Exception):
    """An answer came, but not from the application, or not the one it wanted to give."""


async def ask(target: Target, reader: StreamReader, writer: StreamWriter, stays: bool) -> bool:
    """Whether the connection can be used again."""
    manner = "" if stays else "Connection: close\r\n"
    writer.write(f"GET {target.path} HTTP/1.1\r\nHost: {target.host}\r\n{manner}\r\n".encode())
    head = await read_head(reader)
    if head is None:
        raise Lost("the connection was closed without an answer")
    length = length_of_answer(head, "GET")
    async for _ in body(reader, length):
        pass
    if head.status >= 500:
        raise Lost(f"status {head.status}")
    return stays and length != UNTIL_THE_END and not head.says("connection", "close")


def reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {PATIENCE} s"
    if isinstance(error, EOFError):
        return "the answer broke off"
    return str(error) or type(error).__name__
