import pytest

from apps.accounts.models import User
from apps.chat.models import Message, Room
from apps.chat.services import add_member, create_room, post_message, remove_member
from apps.live import codes
from apps.live.tickets import issue_ticket
from tests.live.sockets import Socket, aside, enter, live

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(user, staff):
    room = create_room(name="Launch", owner=user)
    add_member(room=room, user_id=staff.pk)
    return room


def path(room: Room) -> str:
    return f"/ws/chat/{room.pk}/"


async def code_at_the_door(room: Room, user: User) -> int:
    ticket = await aside(issue_ticket)(user=user)
    return await (await Socket(f"{path(room)}?ticket={ticket}").open()).code()


@live
async def test_what_one_writes_the_others_read(user, staff, room):
    ada, grace = await enter(path(room), user), await enter(path(room), staff)

    await ada.say(type="message", text=" We launch. ")

    heard = [await socket.hear("message") for socket in (ada, grace)]
    message = await Message.objects.aget()
    assert (
        heard
        == [
            {
                "type": "message",
                "id": message.pk,
                "author": user.pk,
                "name": "Ada",
                "text": "We launch.",
                "sent_at": message.sent_at.isoformat(),
            }
        ]
        * 2
    )


@live
async def test_coming_and_going_is_told_once_for_each_person(user, staff, room):
    ada = await enter(path(room), user)
    assert (await ada.hear())["user"] == user.pk

    tabs = [await enter(path(room), staff), await enter(path(room), staff)]
    for tab in tabs:
        await tab.leave()

    assert await ada.hear() == {"type": "join", "user": staff.pk, "name": "Grace"}
    assert await ada.hear() == {"type": "leave", "user": staff.pk, "name": "Grace"}


@live
async def test_typing_is_told_and_not_stored(user, staff, room):
    ada, grace = await enter(path(room), user), await enter(path(room), staff)

    await grace.say(type="typing")

    assert await ada.hear("typing") == {"type": "typing", "user": staff.pk, "name": "Grace"}
    assert not await Message.objects.aexists()


@live
async def test_who_was_away_asks_for_what_was_said(user, room):
    known, missed = [await aside(post_message)(room=room, author=user, text=text) for text in ("known", "missed")]
    socket = await enter(path(room), user)

    await socket.say(type="since", id=known.pk)
    answer = await socket.hear("missed")

    assert [(item["id"], item["text"]) for item in answer["items"]] == [(missed.pk, "missed")]


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\0b"])
def test_a_message_must_say_something_and_not_too_much(user, room, text):
    @live
    async def visit():
        socket = await enter(path(room), user)
        await socket.say(type="message", text=text)
        return await socket.hear("error")

    assert visit()["code"] == "invalid"
    assert not Message.objects.exists()


@live
async def test_only_members_get_in(room):
    stranger = await User.objects.acreate(email="eve@example.com")

    assert await code_at_the_door(room, stranger) == codes.NOT_A_MEMBER


@live
async def test_a_room_that_is_not_there_looks_like_one_that_is_not_yours(user):
    assert await code_at_the_door(Room(pk=12345), user) == codes.NOT_A_MEMBER


@live
async def test_who_is_removed_is_out_at_once(user, staff, room):
    ada, grace = await enter(path(room), user), await enter(path(room), staff)

    await aside(remove_member)(member=await room.members.aget(user=staff))

    assert await grace.code() == codes.NOT_A_MEMBER
    await ada.say(type="message", text="She is gone.")
    assert await ada.hear("message")


@live
async def test_who_was_removed_without_a_word_cannot_write(user, room):
    socket = await enter(path(room), user)
    # As SQL does: no signal tells of it.
    members = room.members.filter(user=user)
    await aside(members._raw_delete)(members.db)

    await socket.say(type="message", text="Still here?")

    assert (await socket.hear("error"))["code"] == "invalid"
    assert not await Message.objects.aexists()
