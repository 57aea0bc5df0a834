"""HTTP/1.1 messages, read in parts as a proxy does."""

from asyncio import IncompleteReadError, LimitOverrunError, StreamReader
from collections.abc import AsyncIterator
from dataclasses import dataclass

CHUNKED = "chunked"
UNTIL_CLOSE = "until close"
# A number of bytes, or one of the above.
Length = int | str
READ_SIZE = 65536


class InvalidHTTP(Exception):
    pass


@dataclass
class Head:
    """The first line of a message and its headers."""

    first: list[str]
    headers: list[tuple[str, str]]

    def get(self, name: str) -> str:
        return ", ".join(value for known, value in self.headers if known.lower() == name)

    def has_token(self, name: str, token: str) -> bool:
        return token in [part.strip().lower() for part in self.get(name).split(",")]

    def without(self, *names: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.headers if name.lower() not in names]

    @property
    def status(self) -> int:
        if not self.first[1].isdecimal():
            raise InvalidHTTP("The status is not a number.")
        return int(self.first[1])

    def encode(self) -> bytes:
        lines = [" ".join(self.first), *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def read_head(reader: StreamReader) -> Head | None:
    """None if the connection was closed before a message."""
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except LimitOverrunError:
        raise InvalidHTTP("The headers are longer than 64 kB.") from None
    first, *lines = block[:-4].decode("latin-1").split("\r\n")
    headers = [line.partition(":") for line in lines]
    parts = first.split(" ", 2)
    if len(parts) < 2 or not all(colon for _, colon, _ in headers):
        raise InvalidHTTP("This is not HTTP.")
    return Head(parts, [(name, value.strip()) for name, _, value in headers])


def request_body_length(head: Head) -> Length:
    return CHUNKED if head.has_token("transfer-encoding", "chunked") else content_length(head) or 0


def response_body_length(head: Head, method: str) -> Length:
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):
        return 0
    if head.has_token("transfer-encoding", "chunked"):
        return CHUNKED
    length = content_length(head)
    return UNTIL_CLOSE if length is None else length


def content_length(head: Head) -> int | None:
    value = head.get("content-length")
    if value and not value.isdecimal():
        raise InvalidHTTP("The Content-Length is not a number.")
    return int(value) if value else None


async def body(reader: StreamReader, length: Length) -> AsyncIterator[bytes]:
    """The body as it arrives, with the lines of a chunked encoding. Raises IncompleteReadError if it is cut."""
    if length == UNTIL_CLOSE:
        while data := await reader.read(READ_SIZE):
            yield data
    elif isinstance(length, int):
        async for data in read_exactly(reader, length):
            yield data
    else:
        size = 1
        while size:
            size_line = await reader.readuntil(b"\r\n")
            yield size_line
            size = chunk_size(size_line)
            async for data in read_exactly(reader, size + 2 if size else 0):
                yield data
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            yield line
        yield line


def chunk_size(size_line: bytes) -> int:
    try:
        return int(size_line.partition(b";")[0], 16)
    except ValueError:
        raise InvalidHTTP("A chunk has no size.") from None


async def read_exactly(reader: StreamReader, size: int) -> AsyncIterator[bytes]:
    while size:
        data = await reader.read(min(size, READ_SIZE))
        if not data:
            raise IncompleteReadError(b"", size)
        size -= len(data)
        yield data
