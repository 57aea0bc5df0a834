import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from slipway.rehearse.listener import LOCALHOST
from slipway.rehearse.proxy import EDGE, Address, ServiceProxy, WebProxy
from slipway.tests.rehearse.connections import (
    WELCOME,
    Instance,
    Talk,
    break_off,
    closed_port,
    connected,
    get,
    get_once,
    hang_up,
    head_from,
    listening,
    run_async,
    send,
)

CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"


@asynccontextmanager
async def before(*addresses: Address, kind: type[ServiceProxy] = WebProxy) -> AsyncIterator[ServiceProxy]:
    proxy = kind()
    await proxy.open()
    proxy.route_to(addresses)
    try:
        yield proxy
    finally:
        await proxy.close()


@asynccontextmanager
async def proxied(talk: Talk, kind: type[ServiceProxy] = WebProxy) -> AsyncIterator[int]:
    """The port of a proxy before one instance."""
    async with listening(talk) as address, before(address, kind=kind) as proxy:
        yield proxy.port


async def answered(reader: StreamReader, length: int = len("welcome")) -> str:
    """One answer, on a connection that stays."""
    head = await head_from(reader)
    return head + (await reader.readexactly(length)).decode()


@run_async
async def test_x_forwarded_proto_of_a_client_is_replaced() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await send(port, get_once("X-Forwarded-Proto: http"))

    assert instance.header("x-forwarded-proto") == ["https"]


@run_async
async def test_x_forwarded_for_has_the_client_and_the_edge() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await send(port, get_once())

    assert instance.header("x-forwarded-for") == [f"127.0.0.1, {EDGE}"]


@run_async
async def test_forged_addresses_come_before_the_client_address() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await send(port, get_once("X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 7.7.7.7"))

    assert instance.header("x-forwarded-for") == [f"6.6.6.6, 7.7.7.7, 127.0.0.1, {EDGE}"]


@run_async
async def test_a_request_is_forwarded_unchanged() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await send(port, get("/a%20b?c=d", "Connection: close", "Accept: x", "accept: y"))

    assert instance.heads[0].startswith("GET /a%20b?c=d HTTP/1.1\r\n")
    assert instance.header("host") == ["shop.example.com"]
    assert instance.header("accept") == ["x", "y"]


@run_async
async def test_hop_by_hop_headers_are_removed() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await send(port, get_once("Keep-Alive: 5", "Proxy-Connection: close"))

    assert not (instance.header("connection") + instance.header("keep-alive") + instance.header("proxy-connection"))


@run_async
async def test_requests_of_a_client_share_a_connection_to_the_instance() -> None:
    instance = Instance()
    async with proxied(instance) as port, connected(port) as (reader, writer):
        for path in ("/1", "/2", "/3"):
            writer.write(get(path))
            assert (await answered(reader)).endswith("\r\n\r\nwelcome")

    assert [head.split()[1] for head in instance.heads] == ["/1", "/2", "/3"]
    assert instance.connections == 1


@run_async
async def test_pipelined_requests_are_answered_in_order() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        output = await send(port, get("/1") + get("/2") + get_once())

    assert output.count("welcome") == len(instance.heads) == 3


@run_async
async def test_connection_close_closes_both_connections() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        output = await send(port, get_once())
        async with asyncio.timeout(2):
            await instance.left.wait()

    assert "\r\nConnection: close\r\n" in output


@run_async
async def test_http_1_0_closes_the_connection_after_the_response() -> None:
    async with proxied(Instance()) as port:
        output = await send(port, b"GET / HTTP/1.0\r\nHost: shop.example.com\r\n\r\n")

    assert output.endswith("\r\nConnection: close\r\n\r\nwelcome")


@run_async
@pytest.mark.parametrize("ending", [b"Connection: close\r\n", b""])
async def test_an_instance_that_closes_does_not_close_the_clients_connection(ending: bytes) -> None:
    version = b"1.1" if ending else b"1.0"
    visits: list[str] = []

    async def once(reader: StreamReader, writer: StreamWriter) -> None:
        visits.append(await head_from(reader))
        writer.write(b"HTTP/%b 200 OK\r\n%bContent-Length: 7\r\n\r\nwelcome" % (version, ending))

    async with proxied(once) as port, connected(port) as (reader, writer):
        # No request may be sent twice, and this kind never is.
        for _ in range(2):
            writer.write(get(method="POST"))
            assert (await answered(reader)).startswith("HTTP/1.1 200 OK")

    assert len(visits) == 2


@run_async
async def test_chunks_are_forwarded_and_the_connection_stays_open() -> None:
    chunks = b"5;name=value\r\nhello\r\nA\r\n, visitors\r\n0\r\nX-Sum: 1\r\n\r\n"
    async with (
        proxied(Instance(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)) as port,
        connected(port) as (reader, writer),
    ):
        for _ in range(2):
            writer.write(get())
            assert "transfer-encoding: chunked" in (await head_from(reader)).lower()
            assert await reader.readexactly(len(chunks)) == chunks


@run_async
async def test_each_chunk_is_forwarded_at_once() -> None:
    seen = asyncio.Event()

    async def slow(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await seen.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with proxied(slow) as port, connected(port) as (reader, writer):
        writer.write(get_once())
        await reader.readuntil(b"one\r\n")
        seen.set()

        assert await reader.read() == b"3\r\ntwo\r\n0\r\n\r\n"


@run_async
async def test_a_response_without_length_lasts_until_close() -> None:
    async def endless(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)

    async with proxied(endless) as port:
        head, _, body = (await send(port, get())).partition("\r\n\r\n")

    assert "Connection: close" in head
    assert len(body) == 300_000


@run_async
@pytest.mark.parametrize(
    "output",
    [CUT, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"],
    ids=["of a known length", "chunked"],
)
async def test_a_cut_response_does_not_look_complete(output: bytes) -> None:
    async def breaks_off(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(output)

    async with proxied(breaks_off) as port, connected(port) as (reader, writer):
        writer.write(get())
        await head_from(reader)
        with pytest.raises((IncompleteReadError, ConnectionError)):
            await reader.readexactly(100)


@run_async
async def test_a_reset_is_forwarded_as_a_reset() -> None:
    seen = asyncio.Event()

    async def breaks_off(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await seen.wait()
        break_off(writer)

    async with proxied(breaks_off) as port, connected(port) as (reader, writer):
        writer.write(get())
        await reader.readuntil(b"half")
        seen.set()
        with pytest.raises(ConnectionResetError):
            await reader.read()


@run_async
async def test_an_invalid_chunk_size_cuts_the_response() -> None:
    output = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\nhello\r\n0\r\n\r\n"
    async with proxied(Instance(output)) as port:
        try:
            heard = await send(port, get())
        except ConnectionError:
            heard = ""

    assert not heard.endswith("0\r\n\r\n")


@run_async
@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")],
)
async def test_responses_without_body_end_after_the_headers(method: str, status: str) -> None:
    instance = Instance(f"HTTP/1.1 {status}\r\nContent-Length: 7\r\n\r\n".encode())
    async with proxied(instance) as port, connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(get(method=method))
            assert (await head_from(reader)).startswith(f"HTTP/1.1 {status}\r\n")

    assert instance.connections == 1


@run_async
@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Length: 300000", b"x" * 300_000),
        ("Transfer-Encoding: chunked", b"10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n"),
    ],
)
async def test_a_request_body_is_forwarded(header: str, body: bytes) -> None:
    async def listens(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        assert await reader.readexactly(len(body)) == body
        writer.write(WELCOME)
        await head_from(reader)

    async with proxied(listens) as port:
        output = await send(port, get("/", "Connection: close", header, method="POST") + body)

    assert output.endswith("welcome")


@run_async
async def test_expect_100_continue_is_answered() -> None:
    instance = Instance()
    async with proxied(instance) as port, connected(port) as (reader, writer):
        writer.write(get("/", "Expect: 100-continue", "Content-Length: 2", method="POST"))
        assert await head_from(reader) == "HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ok")
        assert await answered(reader)

    assert instance.header("expect") == []


@run_async
async def test_informational_responses_are_skipped() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    async with proxied(Instance(early + WELCOME)) as port:
        output = await send(port, get_once())

    assert output.startswith("HTTP/1.1 200 OK")
    assert output.endswith("welcome")


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    """A WebSocket as far as a proxy knows: after the head come bytes in both directions."""
    head = await head_from(reader)
    assert "\r\nConnection: Upgrade\r\n" in head
    assert "\r\nUpgrade: websocket\r\n" in head
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello")
    while output := await reader.read(100):
        writer.write(output.upper())
        await writer.drain()
    writer.write(b"farewell")


UPGRADE = get("/ws/", "Connection: keep-alive, Upgrade", "Upgrade: websocket")


@run_async
async def test_a_websocket_works_in_both_directions() -> None:
    async with proxied(echo) as port, connected(port) as (reader, writer):
        writer.write(UPGRADE)
        head = await head_from(reader)
        assert await reader.readexactly(5) == b"hello"
        for word in (b"one", b"two"):
            writer.write(word)
            assert await reader.readexactly(3) == word.upper()

    assert head.startswith("HTTP/1.1 101 ")
    assert "Connection: Upgrade\r\n" in head


@run_async
async def test_a_client_that_closes_a_websocket_gets_the_last_message() -> None:
    async with proxied(echo) as port, connected(port) as (reader, writer):
        writer.write(UPGRADE + b"at once")
        writer.write_eof()

        assert (await reader.read()).endswith(b"helloAT ONCEfarewell")


@run_async
async def test_a_websocket_ends_with_its_instance() -> None:
    async def leaves(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\nbye")

    async with proxied(leaves) as port:
        assert (await send(port, UPGRADE)).endswith("bye")


@run_async
async def test_a_websocket_stays_open_during_a_deploy() -> None:
    async with (
        listening(echo) as old,
        listening(Instance()) as new,
        before(old) as proxy,
        connected(proxy.port) as (reader, writer),
    ):
        writer.write(UPGRADE)
        await reader.readuntil(b"hello")
        proxy.route_to([new])
        writer.write(b"still")

        assert await reader.readexactly(5) == b"STILL"


@run_async
async def test_a_private_service_can_use_any_protocol() -> None:
    async def backwards(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write((await reader.read())[::-1])

    async with proxied(backwards, kind=ServiceProxy) as port, connected(port) as (reader, writer):
        writer.write(b"\x00no http")
        writer.write_eof()

        assert await reader.read() == b"ptth on\x00"


@run_async
async def test_plain_http_is_redirected_to_https() -> None:
    async with before() as proxy:
        assert isinstance(proxy, WebProxy)
        output = await send(proxy.plain_port, get("/a?b=c"))

    assert output.startswith("HTTP/1.1 301 ")
    assert "\r\nLocation: https://shop.example.com/a?b=c\r\n" in output


@run_async
async def test_a_service_without_instances_is_unavailable() -> None:
    async with before() as proxy:
        assert (await send(proxy.port, get())).startswith("HTTP/1.1 503 ")


@run_async
async def test_an_unreachable_instance_is_a_bad_gateway() -> None:
    async with before(closed_port()) as proxy:
        assert (await send(proxy.port, get())).startswith("HTTP/1.1 502 ")


@run_async
@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"hello\r\n\r\n",
        b"hello world\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["nothing", "a word", "two words", "no header", "half a line", "no number", "and goes on nothing"],
)
async def test_an_invalid_response_is_a_bad_gateway(output: bytes) -> None:
    async def speaks(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(output)

    async with proxied(speaks) as port:
        assert (await send(port, get())).startswith("HTTP/1.1 502 ")


@run_async
@pytest.mark.parametrize(
    "request_",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        get("/", "Content-Length: many"),
        get("/", "Content-Length: -1"),
        get("/", f"Cookie: {'x' * 70_000}"),
    ],
    ids=["a word", "no colon", "no number", "less than nothing", "too long"],
)
async def test_an_invalid_request_is_a_bad_request(request_: bytes) -> None:
    instance = Instance()
    async with proxied(instance) as port, connected(port) as (reader, writer):
        writer.write(request_)
        output = await head_from(reader)

    assert output.startswith("HTTP/1.1 400 ")
    assert instance.heads == []


@run_async
async def test_a_cut_request_body_is_forwarded_as_cut() -> None:
    heard = asyncio.get_running_loop().create_future()

    async def listens(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        heard.set_result(await reader.read())

    async with proxied(listens) as port, connected(port) as (_, writer):
        writer.write(get("/", "Content-Length: 100", method="POST") + b"half")
        writer.close()

        assert await heard == b"half"


@run_async
async def test_requests_in_progress_stay_on_the_old_instance() -> None:
    asked, allowed = asyncio.Event(), asyncio.Event()

    async def slow(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        asked.set()
        await allowed.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")
        await head_from(reader)

    async with (
        listening(slow) as old,
        listening(Instance()) as new,
        before(old) as proxy,
        connected(proxy.port) as (reader, writer),
    ):
        writer.write(get())
        await asked.wait()
        proxy.route_to([new])
        assert (await send(proxy.port, get_once())).endswith("welcome")
        allowed.set()
        assert (await answered(reader, len("old"))).endswith("old")
        writer.write(get())

        assert (await answered(reader)).endswith("welcome")


@run_async
async def test_a_kept_connection_continues_with_the_new_instance() -> None:
    first, second = Instance(), Instance()
    async with (
        listening(first) as old,
        listening(second) as new,
        before(old) as proxy,
        connected(proxy.port) as (reader, writer),
    ):
        for instance in (old, new):
            proxy.route_to([instance])
            writer.write(get())
            await answered(reader)

        assert (len(first.heads), len(second.heads)) == (1, 1)
        await first.left.wait()


@run_async
async def test_instances_take_turns() -> None:
    first, second = Instance(), Instance()
    async with listening(first) as one, listening(second) as other, before(one, other) as proxy:
        for _ in range(4):
            await send(proxy.port, get_once())

    assert (len(first.heads), len(second.heads)) == (2, 2)


class Forgetful:
    """Closes each connection after its first answer without a word, as some do with idle ones."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.answers = 0

    async def __call__(self, reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        self.answers += 1
        writer.write(WELCOME)
        # Once it has the next request, so that closed_port can know before.
        await head_from(reader)
        self.left.set()


async def ask_a_forgetful_one(second: bytes) -> tuple[str, int]:
    forgetful = Forgetful()
    async with proxied(forgetful) as port, connected(port) as (reader, writer):
        writer.write(get())
        await answered(reader)
        writer.write(second)
        output = await head_from(reader)
        assert forgetful.left.is_set()
    return output, forgetful.answers


@run_async
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_safe_requests_are_repeated_when_a_kept_connection_was_closed(method: str) -> None:
    output, answers = await ask_a_forgetful_one(get(method=method))

    assert output.startswith("HTTP/1.1 200 ")
    assert answers == 2


@run_async
@pytest.mark.parametrize("second", [get(method="POST"), get("/", "Content-Length: 2") + b"ok"], ids=["POST", "a body"])
async def test_unsafe_requests_are_never_repeated(second: bytes) -> None:
    output, answers = await ask_a_forgetful_one(second)

    assert output.startswith("HTTP/1.1 502 ")
    assert answers == 1


@run_async
async def test_a_new_connection_that_is_closed_is_not_retried() -> None:
    visits: list[str] = []

    async def counts(reader: StreamReader, writer: StreamWriter) -> None:
        visits.append("one")
        await hang_up(reader, writer)

    async with proxied(counts) as port:
        assert (await send(port, get())).startswith("HTTP/1.1 502 ")

    assert visits == ["one"]


@run_async
async def test_a_closed_proxy_closes_its_connections_and_accepts_no_more() -> None:
    async with listening(Instance()) as address, before(address) as proxy, connected(proxy.port) as (reader, writer):
        writer.write(get())
        await answered(reader)
        await proxy.close()

        assert await ended(reader)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(LOCALHOST, proxy.port)


async def ended(reader: StreamReader) -> bool:
    try:
        return not await reader.read()
    except ConnectionError:
        return True
