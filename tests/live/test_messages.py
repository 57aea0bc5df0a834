import json

import pytest

from apps.live import codes, limits
from apps.live.services import broadcast
from apps.live.tickets import issue_ticket
from tests.live.sockets import Socket, aside, enter, live

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
        ('{"type": "since", "id": 9223372036854775808}', "invalid"),
        (json.dumps({"type": "read", "ids": [1] * 51}), "invalid"),
        ("x" * (limits.SIZE + 1), "too_large"),
    ],
)
def test_a_message_that_makes_no_sense_is_answered_and_the_next_is_taken(user, text, code):
    @live
    async def visit():
        socket = await enter("/ws/notifications/", user)
        await socket.hear("unread")
        await socket.wire.send_to(text_data=text)
        error = await socket.hear()
        await socket.say(type="since", id=0)
        return error, await socket.hear()

    error, answer = visit()

    assert (error["type"], error["code"]) == ("error", code)
    assert error["message"]
    assert answer["type"] == "missed"


@live
async def test_bytes_are_no_message(user):
    socket = await enter("/ws/updates/", user)

    await socket.wire.send_to(bytes_data=b"\x00")

    assert (await socket.hear())["code"] == "malformed"


@live
async def test_who_sends_too_fast_is_warned_and_then_closed(user):
    socket = await enter("/ws/updates/", user)
    for _ in range(limits.BURST + limits.WARNINGS + 5):
        await socket.say(type="dance")

    answers = [(await socket.hear())["code"] for _ in range(limits.BURST + 1)]

    assert answers[: limits.BURST] == ["unknown_type"] * limits.BURST
    assert answers[-1] == "too_fast"
    assert await socket.code() == codes.TOO_MUCH


@live
async def test_one_user_has_so_many_sockets_and_no_more(user, staff):
    sockets = [await enter("/ws/updates/", user) for _ in range(limits.SOCKETS)]

    late = await Socket(f"/ws/updates/?ticket={await aside(issue_ticket)(user=user)}").open()
    code = await late.code()
    await sockets[0].leave()

    assert code == codes.TOO_MUCH
    assert await enter("/ws/updates/", user)
    assert await enter("/ws/updates/", staff)


@live
async def test_everybody_who_looks_hears_an_update(user, staff):
    sockets = [await enter("/ws/updates/", person) for person in (user, staff)]

    await aside(broadcast)("launch", minutes=5)

    heard = [await socket.hear() for socket in sockets]
    assert heard == [{"type": "update", "topic": "launch", "data": {"minutes": 5}}] * 2


@live
async def test_an_address_that_is_not_there_is_refused(user):
    ticket = await aside(issue_ticket)(user=user)

    assert await Socket(f"/ws/nothing/?ticket={ticket}").is_refused()
