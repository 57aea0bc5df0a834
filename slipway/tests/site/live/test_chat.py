from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import User
from apps.chat import services
from apps.chat.consumers import ChatConsumer
from apps.chat.models import Member, Message, Room
from apps.chat.services import INVITATION_LIFETIME, add_member, invite, join_room, post_message
from apps.live.events import CloseCode
from tests.sockets import async_test, connect, in_thread
from tests.test_chat import ROOMS, close_code, path
from tests.test_chat import foreign as foreign
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
        add_member(room=room, user=User.objects.create_user(f"user{number}@example.com"))
    leaving = [*room.members.select_related("user")]
    add_member(room=room, user=staff)

    simultaneously(lambda number: leave(leaving[number])[0])

    assert [(member.user, member.is_owner) for member in room.members.all()] == [(staff, True)]


@pytest.mark.parametrize("token", ["x", "ImEi:1abc:x", "é", "x" * 201])
def test_an_invalid_invitation_is_rejected(signed_in, foreign, token):
    answer = signed_in.post(f"{ROOMS}join/", {"token": token})

    assert answer.status_code == 400
    assert "token" in answer.json()["error"]["fields"]


def test_the_owner_ends_invitations(signed_in, room, staff):
    token = invite(room=room)

    assert signed_in.delete(f"{ROOMS}{room.pk}/invitation/").status_code == 204
    with pytest.raises(ValidationError):
        join_room(user=staff, token=token)


def test_an_invitation_expires(room, staff):
    token = invite(room=room)

    with (
        time_machine.travel(timezone.now() + INVITATION_LIFETIME + timedelta(seconds=1)),
        pytest.raises(ValidationError, match="expired"),
    ):
        join_room(user=staff, token=token)


def test_the_invitation_of_a_deleted_room_is_invalid(room, staff):
    token = invite(room=room)
    room.delete()

    with pytest.raises(ValidationError, match="expired"):
        join_room(user=staff, token=token)


def test_a_full_room_accepts_nobody(room, staff, monkeypatch):
    monkeypatch.setattr(services, "MAX_MEMBERS", 1)

    with pytest.raises(ValidationError, match="1 members at most"):
        join_room(user=staff, token=invite(room=room))


def test_ids_of_accounts_cannot_be_tried(signed_in, staff, room):
    """Answers must not differ between an account and none."""
    bodies = [{"user": staff.pk}, {"user": 99999}, {"email": staff.email}, {"email": "nobody@example.com"}]
    addresses = ["members/", "invitation/"]
    answers = {}
    for address in addresses:
        posted = [signed_in.post(f"{ROOMS}{room.pk}/{address}", body) for body in bodies]
        answers[address] = {(answer.status_code, len(answer.content)) for answer in posted}
    removed = [signed_in.delete(f"{ROOMS}{room.pk}/members/{pk}/").status_code for pk in (staff.pk, 99999)]

    assert [len(seen) for seen in answers.values()] == [1, 1]
    assert removed == [404, 404]
    assert room.members.count() == 1


def test_a_room_with_members_can_be_deleted(shared_room):
    shared_room.delete()

    assert not Member.objects.exists()


@pytest.mark.parametrize("what", ["members", "messages"])
def test_a_long_list_takes_as_few_queries_as_a_short_one(signed_in, room, what, django_assert_max_num_queries):
    for number in range(20):
        author = User.objects.create_user(f"user{number}@example.com")
        add_member(room=room, user=author)
        post_message(room=room, author=author, text="Hello")

    with django_assert_max_num_queries(4):
        assert len(signed_in.get(f"{ROOMS}{room.pk}/{what}/").json()["results"]) == 20


def test_messages_stay_when_their_author_is_deleted(signed_in, room):
    other = User.objects.create_user("eve@example.com")
    post_message(room=room, author=other, text="Hello")

    other.delete()

    (message,) = signed_in.get(f"{ROOMS}{room.pk}/messages/").json()["results"]
    assert (message["author"], message["name"], message["text"]) == (None, "", "Hello")
