import json
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from apps.live.consumer import MAX_BURST, MAX_WARNINGS
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


@async_test
async def test_a_client_that_sends_too_fast_is_warned_and_then_closed(user):
    socket = await connect("/ws/updates/", user)
    for _ in range(MAX_BURST + MAX_WARNINGS + 5):
        await socket.send(type="dance")

    answers = [(await socket.receive())["code"] for _ in range(MAX_BURST + 1)]

    assert answers[:MAX_BURST] == ["unknown_type"] * MAX_BURST
    assert answers[-1] == "too_fast"
    assert await socket.close_code() == CloseCode.LIMIT_EXCEEDED


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
