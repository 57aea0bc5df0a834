import pytest

from apps.accounts.models import User
from apps.chat.consumers import ChatConsumer
from apps.chat.models import Member, Message, Room
from apps.chat.services import add_member
from apps.live.events import CloseCode
from tests.sockets import async_test, connect, in_thread
from tests.test_chat import close_code, path
from tests.test_chat import room as room
from tests.test_chat import shared_room as shared_room

pytestmark = pytest.mark.django_db(transaction=True)


@async_test
async def test_joining_and_leaving_is_sent_once_for_each_user(user, staff, shared_room):
    ada = await connect(path(shared_room), user)
    assert (await ada.receive())["user"] == user.pk

    tabs = [await connect(path(shared_room), staff), await connect(path(shared_room), staff)]
    for tab in tabs:
        await tab.disconnect()

    assert await ada.receive() == {"type": "join", "user": staff.pk, "name": "Grace"}
    assert await ada.receive() == {"type": "leave", "user": staff.pk, "name": "Grace"}
    await ada.disconnect()
    assert not ChatConsumer.connected


@async_test
async def test_typing_is_sent_and_not_stored(user, staff, shared_room):
    ada, grace = await connect(path(shared_room), user), await connect(path(shared_room), staff)

    await grace.send(type="typing")

    assert await ada.receive("typing") == {"type": "typing", "user": staff.pk, "name": "Grace"}
    assert not await Message.objects.aexists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\0b", "\ud800"])
def test_an_empty_or_too_long_message_is_rejected(user, shared_room, text):
    @async_test
    async def exchange():
        socket = await connect(path(shared_room), user)
        await socket.send(type="message", text=text)
        return await socket.receive("error")

    assert exchange()["code"] in ("invalid", "malformed")
    assert not Message.objects.exists()


@async_test
async def test_an_unknown_room_is_closed_like_a_room_of_others(user):
    assert await close_code(Room(pk=12345), user) == CloseCode.FORBIDDEN


@async_test
async def test_a_member_removed_by_sql_cannot_post(user, shared_room):
    socket = await connect(path(shared_room), user)
    # No signal is sent.
    members = shared_room.members.filter(user=user)
    await in_thread(members._raw_delete)(members.db)

    await socket.send(type="message", text="Still here?")

    assert (await socket.receive("error"))["code"] == "invalid"
    assert not await Message.objects.aexists()


@pytest.mark.postgres
@pytest.mark.parametrize("leave", [lambda member: member.delete(), lambda member: member.user.delete()])
def test_when_members_leave_at_the_same_time_the_room_keeps_an_owner(room, staff, simultaneously, leave):
    for number in range(3):
        add_member(room=room, user_id=User.objects.create_user(f"user{number}@example.com").pk)
    leaving = [*room.members.select_related("user")]
    add_member(room=room, user_id=staff.pk)

    simultaneously(lambda number: leave(leaving[number])[0])

    assert [(member.user, member.is_owner) for member in room.members.all()] == [(staff, True)]


def test_a_room_with_members_can_be_deleted(shared_room):
    shared_room.delete()

    assert not Member.objects.exists()
