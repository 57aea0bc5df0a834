import asyncio
from asyncio import StreamReader, StreamWriter

import pytest

from slipway.rehearse import load
from slipway.rehearse.load import KEEP_ALIVE_CLIENTS, NEW_CONNECTION_CLIENTS, Load, Target
from slipway.rehearse.proxy import Address
from slipway.tests.rehearse.connections import (
    WELCOME,
    Instance,
    Talk,
    closed_port,
    hang,
    hang_up,
    head_from,
    listening,
    reset,
    run_async,
)

ENOUGH = 30


def target(address: Address, path: str = "/") -> Target:
    return Target("shop.example.com", address[1], path)


async def load_on(talk: Talk, requests: int = ENOUGH) -> Load:
    async with listening(talk) as address, asyncio.timeout(10):
        async with Load([target(address)], pause=0.001) as under_way:
            await under_way.until_sent(requests)
        return under_way


def saying(output: bytes) -> Talk:
    async def once(reader: StreamReader, writer: StreamWriter) -> None:
        await head_from(reader)
        writer.write(output)

    return once


@run_async
@pytest.mark.parametrize("status", ["200 OK", "301 Moved Permanently", "404 Not Found", "429 Too Many Requests"])
async def test_responses_below_500_are_not_lost(status: str) -> None:
    done = await load_on(Instance(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()))

    assert done.sent >= ENOUGH
    assert not done.lost


@run_async
@pytest.mark.parametrize(
    "talk",
    [
        Instance(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        Instance(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"),
        saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
    ],
    ids=["chunked", "empty", "until the end", "closing"],
)
async def test_a_complete_response_of_any_length_type_is_not_lost(talk: Talk) -> None:
    done = await load_on(talk)

    assert done.sent >= ENOUGH
    assert not done.lost


@run_async
@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (Instance(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"), "status 500"),
        (Instance(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), "status 503"),
        (hang_up, "the connection was closed without a response"),
        (reset, "Connection reset by peer"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-"), "the response was cut"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "the response was cut"),
        (saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), "the response was cut"),
        (saying(b"hello world\r\n\r\n"), "The status is not a number."),
        (hang, "no response within 0.2 s"),
    ],
    ids=["500", "503", "hang up", "reset", "half a head", "half a body", "no last chunk", "no http", "hang"],
)
async def test_errors_and_incomplete_responses_are_lost(
    talk: Talk, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "TIMEOUT", 0.2)
    done = await load_on(talk, requests=6)

    assert done.times == []
    assert len(done.lost) == 1
    assert reason in next(iter(done.lost))


@run_async
async def test_requests_to_a_closed_port_are_lost() -> None:
    async with Load([target(closed_port())], pause=0.001) as under_way:
        await under_way.until_sent(6)

    assert under_way.lost.total() == under_way.sent >= 6


@run_async
async def test_an_exception_in_a_client_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(load, "cycle")

    with pytest.raises(NameError):
        async with asyncio.timeout(5), Load([target(closed_port())]) as under_way:
            await under_way.until_sent(1)


@run_async
async def test_one_lost_request_is_counted_with_its_reason() -> None:
    asked = 0

    async def fails_once(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal asked
        while await head_from(reader):
            asked += 1
            if asked == 20:
                return
            writer.write(WELCOME)

    done = await load_on(fails_once, requests=40)

    assert done.lost == {"shop.example.com/: the connection was closed without a response": 1}
    assert len(done.times) == asked - 1
    assert f"{asked} requests, 1 lost, " in done.summary()


@run_async
async def test_some_clients_keep_their_connection_and_some_do_not() -> None:
    instance = Instance()
    await load_on(instance)
    fresh = [head for head in instance.heads if "Connection: close" in head]

    assert len(fresh) >= NEW_CONNECTION_CLIENTS
    assert instance.connections == KEEP_ALIVE_CLIENTS + len(fresh)


@run_async
async def test_every_request_that_was_sent_is_counted() -> None:
    instance = Instance()
    done = await load_on(instance)

    assert done.sent == len(instance.heads)


@run_async
async def test_the_end_waits_for_responses_in_progress() -> None:
    visitors, allowed = 0, asyncio.Event()

    async def slow(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal visitors
        await head_from(reader)
        visitors += 1
        if visitors == KEEP_ALIVE_CLIENTS + NEW_CONNECTION_CLIENTS:
            asyncio.get_running_loop().call_later(0.05, allowed.set)
        await allowed.wait()
        writer.write(WELCOME)

    async with listening(slow) as address, Load([target(address)]) as under_way:
        while visitors < KEEP_ALIVE_CLIENTS + NEW_CONNECTION_CLIENTS:
            await asyncio.sleep(0.01)
        assert under_way.sent == 0

    assert (len(under_way.times), under_way.lost.total()) == (KEEP_ALIVE_CLIENTS + NEW_CONNECTION_CLIENTS, 0)


@run_async
async def test_all_targets_get_requests() -> None:
    first, second = Instance(), Instance()
    async with listening(first) as one, listening(second) as other:
        targets = [target(one, "/a"), target(one, "/b"), target(other, "/c")]
        async with Load(targets, pause=0.001) as under_way:
            await under_way.until_sent(ENOUGH)

    assert {head.split()[1] for head in first.heads} == {"/a", "/b"}
    assert {head.split()[1] for head in second.heads} == {"/c"}
    assert {first.header("host")[0], second.header("host")[0]} == {"shop.example.com"}


def test_the_summary_has_percentiles() -> None:
    done = Load([])
    done.times = [number / 1000 for number in range(100, 0, -1)]

    assert done.summary() == "100 requests, 0 lost, p50 51 ms, p99 100 ms"
