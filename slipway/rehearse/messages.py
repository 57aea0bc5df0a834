"""HTTP/1.1 messages, read and passed on as a proxy does: piece by piece, without knowing what they mean."""

from asyncio import IncompleteReadError, LimitOverrunError, StreamReader
from collections.abc import AsyncIterator
from dataclasses import dataclass

CHUNKED = "chunked"
UNTIL_THE_END = "until the end"
# A number of bytes, or one of the above.
Length = int | str
PIECE = 65536


class BadMessage(Exception):
    """What came is no HTTP."""


@dataclass
class Head:
    """The first line of a message and its headers."""

    first: list[str]
    headers: list[tuple[str, str]]

    def get(self, name: str) -> str:
        return ", ".join(value for known, value in self.headers if known.lower() == name)

    def says(self, name: str, token: str) -> bool:
        return token in [part.strip().lower() for part in self.get(name).split(",")]

    def without(self, *names: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.headers if name.lower() not in names]

    @property
    def status(self) -> int:
        if not self.first[1].isdecimal():
            raise BadMessage("The status is no number.")
        return int(self.first[1])

    def encode(self) -> bytes:
        lines = [" ".join(self.first), *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def read_head(reader: StreamReader) -> Head | None:
    """None when the other end has nothing more to say."""
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except LimitOverrunError:
        raise BadMessage("The headers are longer than 64 kB.") from None
    first, *lines = block[:-4].decode("latin-1").split("\r\n")
    headers = [line.partition(":") for line in lines]
    parts = first.split(" ", 2)
    if len(parts) < 2 or not all(colon for _, colon, _ in headers):
        raise BadMessage("This is not HTTP.")
    return Head(parts, [(name, value.strip()) for name, _, value in headers])


def length_of_request(head: Head) -> Length:
    return CHUNKED if head.says("transfer-encoding", "chunked") else stated(head) or 0


def length_of_answer(head: Head, method: str) -> Length:
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):
        return 0
    if head.says("transfer-encoding", "chunked"):
        return CHUNKED
    length = stated(head)
    return UNTIL_THE_END if length is None else length


def stated(head: Head) -> int | None:
    value = head.get("content-length")
    if value and not value.isdecimal():
        raise BadMessage("The length of the content is no number.")
    return int(value) if value else None


async def body(reader: StreamReader, length: Length) -> AsyncIterator[bytes]:
    """The pieces as they come, chunk marks included. Raises IncompleteReadError where one is missing."""
    if length == UNTIL_THE_END:
        while piece := await reader.read(PIECE):
            yield piece
    elif isinstance(length, int):
        async for piece in exactly(reader, length):
            yield piece
    else:
        size = 1
        while size:
            mark = await reader.readuntil(b"\r\n")
            yield mark
            size = size_of(mark)
            async for piece in exactly(reader, size + 2 if size else 0):
                yield piece
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            yield line
        yield line


def size_of(mark: bytes) -> int:
    try:
        return int(mark.partition(b";")[0], 16)
    except ValueError:
        raise BadMessage("A chunk has no size.") from None


async def exactly(reader: StreamReader, size: int) -> AsyncIterator[bytes]:
    while size:
        piece = await reader.read(min(size, PIECE))
        if not piece:
            raise IncompleteReadError(b"", size)
        size -= len(piece)
        yield piece
