import json
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import pytest
import time_machine
from django.utils import timezone

from apps.live import consumer
from apps.live.consumer import MAX_MESSAGES, MAX_WARNINGS
from apps.live.events import MAX_SIZE, CloseCode, Event, InvalidMessage, parse
from apps.live.middleware import MAX_SOCKETS
from apps.live.models import Ticket
from tests.sockets import Socket, async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "malformed"),
        ("[]", "malformed"),
        ("[" * 10_000, "malformed"),
        ('{"type": "dance"}', "unknown_type"),
        ('{"type": ["read"]}', "unknown_type"),
        ('{"type": "read"}', "invalid"),
        ('{"type": "read", "ids": "all"}', "invalid"),
        ('{"type": "read", "ids": [true]}', "invalid"),
        ('{"type": "read", "ids": [1], "more": 1}', "invalid"),
        ('{"type": "since", "id": "\\ud800"}', "malformed"),
        ('{"type": "\\ud800"}', "malformed"),
        ('{"type": "since", "id": 9223372036854775808}', "invalid"),
        (json.dumps({"type": "read", "ids": [1] * 51}), "invalid"),
        ("x" * (MAX_SIZE + 1), "too_large"),
    ],
)
def test_an_invalid_message_is_answered_with_an_error_and_the_next_is_accepted(user, text, code):
    @async_test
    async def exchange():
        socket = await connect("/ws/notifications/", user)
        await socket.receive("unread")
        await socket.communicator.send_to(text_data=text)
        error = await socket.receive()
        await socket.send(type="since", id=0)
        return error, await socket.receive()

    error, answer = exchange()

    assert (error["type"], error["code"]) == ("error", code)
    assert error["message"]
    assert answer["type"] == "missed"


@async_test
async def test_binary_messages_are_rejected(user):
    socket = await connect("/ws/updates/", user)

    await socket.communicator.send_to(bytes_data=b"\x00")

    assert (await socket.receive())["code"] == "malformed"


@pytest.fixture
def one_window(monkeypatch):
    """All messages of a test are in one window of the rate limit."""
    monkeypatch.setattr(consumer, "WINDOW", 10**6)


async def send_many(socket, count, **message):
    """Returns the codes of the answers."""
    codes = []
    for _ in range(count):
        await socket.send(**message)
        answer = await socket.receive()
        codes.append(answer.get("code", answer["type"]))
    return codes


@async_test
async def test_a_client_that_sends_too_fast_is_warned_and_then_closed(user, one_window):
    socket = await connect("/ws/updates/", user)
    for _ in range(MAX_MESSAGES + MAX_WARNINGS + 5):
        await socket.send(type="dance")

    answers = [(await socket.receive())["code"] for _ in range(MAX_MESSAGES + 1)]

    assert answers == ["unknown_type"] * MAX_MESSAGES + ["too_fast"]
    assert await socket.close_code() == CloseCode.LIMIT_EXCEEDED


@async_test
async def test_all_websockets_of_a_user_share_the_limit(user, staff, one_window):
    first, second = await connect("/ws/updates/", user), await connect("/ws/notifications/", user)
    await second.receive("unread")
    other = await connect("/ws/updates/", staff)

    codes = [await send_many(socket, MAX_MESSAGES // 2 + 1, type="dance") for socket in (first, second, other)]

    assert codes[0] + codes[1] == ["unknown_type"] * MAX_MESSAGES + ["too_fast"] * 2
    assert codes[2] == ["unknown_type"] * (MAX_MESSAGES // 2 + 1)


@async_test
async def test_a_client_may_send_again_in_the_next_window(user, one_window):
    socket = await connect("/ws/updates/", user)

    before = await send_many(socket, MAX_MESSAGES + 1, type="dance")
    with time_machine.travel(timezone.now() + timedelta(seconds=consumer.WINDOW)):
        after = await send_many(socket, 1, type="dance")

    assert (before[-1], after) == ("too_fast", ["unknown_type"])


@async_test
async def test_catching_up_has_a_limit_of_its_own(user, one_window):
    socket = await connect("/ws/notifications/", user)
    await socket.receive("unread")

    messages = await send_many(socket, MAX_MESSAGES + 1, type="dance")
    pages = await send_many(socket, MAX_MESSAGES + 1, type="since", id=0)

    assert messages[-1] == pages[-1] == "too_fast"
    assert pages[:-1] == ["missed"] * MAX_MESSAGES


@pytest.mark.parametrize("port", [1, None])
def test_while_redis_is_unavailable_each_process_counts(user, settings, one_window, port):
    """It refuses connections, or accepts them and never answers."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = f"redis://127.0.0.1:{port or server.getsockname()[1]}/0"
        settings.CACHES = {"default": {"BACKEND": "config.cache.FallbackRedisCache", "LOCATION": address}}

        @async_test
        async def codes():
            return await send_many(await connect("/ws/updates/", user), MAX_MESSAGES + 1, type="dance")

        assert codes() == ["unknown_type"] * MAX_MESSAGES + ["too_fast"]


@async_test
async def test_the_websockets_of_one_user_are_limited(user, staff):
    sockets = [await connect("/ws/updates/", user) for _ in range(MAX_SOCKETS)]

    late = await Socket(f"/ws/updates/?ticket={await in_thread(Ticket.objects.issue)(user=user)}").open()
    code = await late.close_code()
    await sockets[0].disconnect()

    assert code == CloseCode.LIMIT_EXCEEDED
    assert await connect("/ws/updates/", user)
    assert await connect("/ws/updates/", staff)


@pytest.mark.parametrize(
    ("kind", "valid", "invalid"),
    [
        (bool, [True, False], ["yes", 1, None]),
        (int, [0, 7], [True, -1, 1.5, "1"]),
        (int | None, [7, None], [True, -1, 2**63, "1"]),
        (str, ["", "\U0001f600"], [1, None]),
        (list[str], [[], ["a"]], ["a", [1], ["a"] * 51]),
        (list[int], [[1]], [[True], ["1"]]),
        (dict, [{}, {"a": 1}], [[], "a"]),
    ],
)
def test_the_fields_of_an_event_are_checked_by_their_types(kind, valid, invalid):
    @dataclass(frozen=True)
    class Set(Event):
        type = "set"
        value: Annotated[Any, "of any type"]

    Set.__annotations__["value"] = Annotated[kind, "of this type"]

    def is_accepted(value):
        try:
            return parse(json.dumps({"type": "set", "value": value}), (Set,)) == Set(value)
        except InvalidMessage:
            return False

    assert [is_accepted(value) for value in valid + invalid] == [True] * len(valid) + [False] * len(invalid)
