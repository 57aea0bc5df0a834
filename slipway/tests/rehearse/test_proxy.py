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
    connected,
    get,
    get_once,
    hang_up,
    head_from,
    listening,
    nobody,
    run_async,
    say,
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
async def test_the_application_is_told_of_tls_whatever_the_client_says() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await say(port, get_once("X-Forwarded-Proto: http"))

    assert instance.header("x-forwarded-proto") == ["https"]


@run_async
async def test_the_application_is_told_the_client_and_the_edge() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await say(port, get_once())

    assert instance.header("x-forwarded-for") == [f"127.0.0.1, {EDGE}"]


@run_async
async def test_what_a_client_forges_comes_before_its_address() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await say(port, get_once("X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 7.7.7.7"))

    assert instance.header("x-forwarded-for") == [f"6.6.6.6, 7.7.7.7, 127.0.0.1, {EDGE}"]


@run_async
async def test_the_request_comes_as_it_was_said() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await say(port, get("/a%20b?c=d", "Connection: close", "Accept: x", "accept: y"))

    assert instance.heads[0].startswith("GET /a%20b?c=d HTTP/1.1\r\n")
    assert instance.header("host") == ["shop.example.com"]
    assert instance.header("accept") == ["x", "y"]


@run_async
async def test_what_concerns_only_the_clients_connection_stays_with_it() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        await say(port, get_once("Keep-Alive: 5", "Proxy-Connection: close"))

    assert not (instance.header("connection") + instance.header("keep-alive") + instance.header("proxy-connection"))


@run_async
async def test_several_requests_share_one_connection_all_the_way() -> None:
    instance = Instance()
    async with proxied(instance) as port, connected(port) as (reader, writer):
        for path in ("/1", "/2", "/3"):
            writer.write(get(path))
            assert (await answered(reader)).endswith("\r\n\r\nwelcome")

    assert [head.split()[1] for head in instance.heads] == ["/1", "/2", "/3"]
    assert instance.connections == 1


@run_async
async def test_requests_sent_at_once_are_answered_one_after_the_other() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        output = await say(port, get("/1") + get("/2") + get_once())

    assert output.count("welcome") == len(instance.heads) == 3


@run_async
async def test_who_wants_to_close_is_told_so_and_the_instance_is_left() -> None:
    instance = Instance()
    async with proxied(instance) as port:
        output = await say(port, get_once())
        async with asyncio.timeout(2):
            await instance.left.wait()

    assert "\r\nConnection: close\r\n" in output


@run_async
async def test_the_old_http_gets_an_answer_of_its_own_and_the_end() -> None:
    async with proxied(Instance()) as port:
        output = await say(port, b"GET / HTTP/1.0\r\nHost: shop.example.com\r\n\r\n")

    assert output.endswith("\r\nConnection: close\r\n\r\nwelcome")


@run_async
@pytest.mark.parametrize("ending", [b"Connection: close\r\n", b""])
async def test_an_instance_that_closes_after_each_answer_does_not_close_the_clients_connection(ending: bytes) -> None:
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
async def test_chunks_pass_as_they_are_and_the_connection_stays() -> None:
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
async def test_each_chunk_passes_before_the_next_is_there() -> None:
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
async def test_an_answer_without_a_length_lasts_until_the_end() -> None:
    async def endless(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)

    async with proxied(endless) as port:
        head, _, body = (await say(port, get())).partition("\r\n\r\n")

    assert "Connection: close" in head
    assert len(body) == 300_000


@run_async
@pytest.mark.parametrize(
    "output",
    [CUT, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"],
    ids=["of a known length", "chunked"],
)
async def test_a_cut_answer_cannot_be_taken_for_a_whole_one(output: bytes) -> None:
    async def breaks_off(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(output)

    async with proxied(breaks_off) as port, connected(port) as (reader, writer):
        writer.write(get())
        await head_from(reader)
        with pytest.raises((IncompleteReadError, ConnectionError)):
            await reader.readexactly(100)


@run_async
async def test_an_answer_without_a_length_that_was_reset_cannot_be_taken_for_a_whole_one() -> None:
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
async def test_a_chunk_without_a_size_breaks_the_answer_off() -> None:
    output = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\nhello\r\n0\r\n\r\n"
    async with proxied(Instance(output)) as port:
        try:
            heard = await say(port, get())
        except ConnectionError:
            heard = ""

    assert not heard.endswith("0\r\n\r\n")


@run_async
@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")],
)
async def test_answers_that_have_no_body_end_with_their_head(method: str, status: str) -> None:
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
async def test_what_a_client_sends_comes_whole(header: str, body: bytes) -> None:
    async def listens(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        assert await reader.readexactly(len(body)) == body
        writer.write(WELCOME)
        await head_from(reader)

    async with proxied(listens) as port:
        output = await say(port, get("/", "Connection: close", header, method="POST") + body)

    assert output.endswith("welcome")


@run_async
async def test_who_expects_to_be_asked_for_the_body_is_asked() -> None:
    instance = Instance()
    async with proxied(instance) as port, connected(port) as (reader, writer):
        writer.write(get("/", "Expect: 100-continue", "Content-Length: 2", method="POST"))
        assert await head_from(reader) == "HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ok")
        assert await answered(reader)

    assert instance.header("expect") == []


@run_async
async def test_what_an_instance_says_before_its_answer_is_not_taken_for_it() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    async with proxied(Instance(early + WELCOME)) as port:
        output = await say(port, get_once())

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
async def test_a_websocket_speaks_in_both_directions() -> None:
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
async def test_a_websocket_that_its_client_ends_hears_the_instances_last_word() -> None:
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
        assert (await say(port, UPGRADE)).endswith("bye")


@run_async
async def test_a_websocket_stays_when_the_instances_change() -> None:
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
async def test_a_private_services_visitors_speak_whatever_they_like() -> None:
    async def backwards(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write((await reader.read())[::-1])

    async with proxied(backwards, kind=ServiceProxy) as port, connected(port) as (reader, writer):
        writer.write(b"\x00no http")
        writer.write_eof()

        assert await reader.read() == b"ptth on\x00"


@run_async
async def test_plain_http_is_sent_to_https() -> None:
    async with before() as proxy:
        assert isinstance(proxy, WebProxy)
        output = await say(proxy.plain_port, get("/a?b=c"))

    assert output.startswith("HTTP/1.1 301 ")
    assert "\r\nLocation: https://shop.example.com/a?b=c\r\n" in output


@run_async
async def test_a_service_without_instances_is_unavailable() -> None:
    async with before() as proxy:
        assert (await say(proxy.port, get())).startswith("HTTP/1.1 503 ")


@run_async
async def test_an_instance_that_is_gone_is_a_bad_gateway() -> None:
    async with before(nobody()) as proxy:
        assert (await say(proxy.port, get())).startswith("HTTP/1.1 502 ")


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
async def test_an_instance_that_says_no_http_is_a_bad_gateway(output: bytes) -> None:
    async def speaks(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(output)

    async with proxied(speaks) as port:
        assert (await say(port, get())).startswith("HTTP/1.1 502 ")


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
async def test_a_request_that_is_no_http_is_told_so_and_reaches_nobody(request_: bytes) -> None:
    instance = Instance()
    async with proxied(instance) as port, connected(port) as (reader, writer):
        writer.write(request_)
        output = await head_from(reader)

    assert output.startswith("HTTP/1.1 400 ")
    assert instance.heads == []


@run_async
async def test_a_client_that_leaves_in_the_middle_of_its_words_does_not_finish_them() -> None:
    heard = asyncio.get_running_loop().create_future()

    async def listens(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        heard.set_result(await reader.read())

    async with proxied(listens) as port, connected(port) as (_, writer):
        writer.write(get("/", "Content-Length: 100", method="POST") + b"half")
        writer.close()

        assert await heard == b"half"


@run_async
async def test_requests_in_flight_end_on_the_old_instance_and_new_ones_go_to_the_new() -> None:
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
        assert (await say(proxy.port, get_once())).endswith("welcome")
        allowed.set()
        assert (await answered(reader, len("old"))).endswith("old")
        writer.write(get())

        assert (await answered(reader)).endswith("welcome")


@run_async
async def test_a_connection_that_is_kept_goes_on_with_the_new_instance() -> None:
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
            await say(proxy.port, get_once())

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
        # Once it has the next request, so that nobody can know before.
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
async def test_what_changes_nothing_is_asked_again_when_a_kept_connection_was_closed(method: str) -> None:
    output, answers = await ask_a_forgetful_one(get(method=method))

    assert output.startswith("HTTP/1.1 200 ")
    assert answers == 2


@run_async
@pytest.mark.parametrize("second", [get(method="POST"), get("/", "Content-Length: 2") + b"ok"], ids=["POST", "a body"])
async def test_what_may_change_something_is_never_asked_again(second: bytes) -> None:
    output, answers = await ask_a_forgetful_one(second)

    assert output.startswith("HTTP/1.1 502 ")
    assert answers == 1


@run_async
async def test_a_new_connection_that_is_closed_is_not_tried_again() -> None:
    visits: list[str] = []

    async def counts(reader: StreamReader, writer: StreamWriter) -> None:
        visits.append("one")
        await hang_up(reader, writer)

    async with proxied(counts) as port:
        assert (await say(port, get())).startswith("HTTP/1.1 502 ")

    assert visits == ["one"]


@run_async
async def test_a_closed_front_breaks_off_what_it_holds_and_lets_nobody_in() -> None:
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
