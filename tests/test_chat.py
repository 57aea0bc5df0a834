import pytest
from django.core.exceptions import ValidationError

from apps.accounts.export import export_user
from apps.accounts.models import User
from apps.chat.models import Member, Message, Room
from apps.chat.services import add_member, create_room, end_invitations, invite, join_room, post_message
from apps.live.events import CloseCode
from apps.live.models import Ticket
from tests.sockets import Socket, async_test, connect, in_thread

ROOMS = "/api/v1/rooms/"
PAGES = "/rooms/"


@pytest.fixture
def room(user):
    return create_room(name="Launch", owner=user)


@pytest.fixture
def shared_room(room, staff):
    add_member(room=room, user=staff)
    return room


@pytest.fixture
def foreign(staff):
    return create_room(name="Not for Ada", owner=staff)


def test_the_creator_of_a_room_owns_it(signed_in, user):
    answer = signed_in.post(ROOMS, {"name": "Launch"})

    assert answer.status_code == 201
    assert Room.objects.get().pk == answer.json()["id"]
    assert Member.objects.get().is_owner


def test_the_list_has_your_rooms_only(signed_in, room, foreign):
    assert [item["name"] for item in signed_in.get(ROOMS).json()["results"]] == ["Launch"]


@pytest.mark.parametrize("address", ["", "members/", "messages/"])
def test_a_room_of_others_is_not_found(signed_in, foreign, address):
    path = f"{ROOMS}{foreign.pk}/{address}"

    assert signed_in.get(path).status_code == 404
    assert signed_in.post(path, {"text": "Hello", "user": 1}).status_code in (404, 405)
    assert not Message.objects.exists()


def test_an_invited_user_joins_once(signed_in, user, foreign):
    answers = [signed_in.post(f"{ROOMS}join/", {"token": invite(room=foreign)}) for _ in range(2)]

    assert [(answer.status_code, answer.json()["id"]) for answer in answers] == [(200, foreign.pk)] * 2
    listed = signed_in.get(f"{ROOMS}{foreign.pk}/members/").json()["results"]
    assert [(member["name"], member["is_owner"]) for member in listed] == [("Grace", True), ("Ada", False)]


def test_nobody_is_added_to_a_room_by_its_owner(signed_in, room, staff):
    assert signed_in.post(f"{ROOMS}{room.pk}/members/", {"user": staff.pk}).status_code == 405

    token = signed_in.post(f"{ROOMS}{room.pk}/invitation/").json()["token"]

    assert room.members.count() == 1
    assert join_room(user=staff, token=token) == room


def test_other_members_cannot_invite_or_remove_members(signed_in, user, staff, foreign):
    add_member(room=foreign, user=user)

    assert signed_in.post(f"{ROOMS}{foreign.pk}/invitation/").status_code == 403
    assert signed_in.delete(f"{ROOMS}{foreign.pk}/members/{staff.pk}/").status_code == 403


def test_a_removed_member_cannot_come_back_with_the_invitation(signed_in, room, staff):
    token = invite(room=room)
    join_room(user=staff, token=token)

    assert signed_in.delete(f"{ROOMS}{room.pk}/members/{staff.pk}/").status_code == 204
    with pytest.raises(ValidationError):
        join_room(user=staff, token=token)
    assert room.members.count() == 1


def test_when_the_owner_leaves_the_oldest_member_owns_the_room(signed_in, room, user, staff):
    add_member(room=room, user=staff)

    assert signed_in.delete(f"{ROOMS}{room.pk}/members/{user.pk}/").status_code == 204
    assert room.members.get().user == staff
    assert room.members.get().is_owner


def test_when_the_account_of_the_owner_is_deleted_the_oldest_member_owns_the_room(shared_room, user, staff):
    user.delete()

    assert shared_room.members.get(is_owner=True).user == staff


def test_messages_are_listed_newest_first(signed_in, room, user):
    for text in ("one", "two"):
        post_message(room=room, author=user, text=text)

    listed = signed_in.get(f"{ROOMS}{room.pk}/messages/").json()["results"]

    assert [message["text"] for message in listed] == ["two", "one"]


def test_a_message_can_be_posted_over_the_api(signed_in, room, user):
    answer = signed_in.post(f"{ROOMS}{room.pk}/messages/", {"text": "Hello"})

    assert answer.status_code == 201
    assert Message.objects.get().author == user


def test_email_addresses_are_never_shown(signed_in, room):
    nameless = User.objects.create_user("eve@example.com")
    add_member(room=room, user=nameless)
    post_message(room=room, author=nameless, text="Hello")

    bodies = [signed_in.get(f"{ROOMS}{room.pk}/{what}/").content.decode() for what in ("members", "messages")]

    assert all(f"User {nameless.pk}" in text and "eve@" not in text for text in bodies)


def test_the_export_of_an_account_has_your_rooms_and_messages(room, user, staff):
    add_member(room=room, user=staff)
    post_message(room=room, author=user, text="Mine")
    post_message(room=room, author=staff, text="Not mine")

    data = export_user(user)

    assert [item["name"] for item in data["rooms"]] == ["Launch"]
    assert [message["text"] for message in data["messages"]] == ["Mine"]


@pytest.fixture
def visitor(client, user):
    client.force_login(user)
    return client


def test_a_room_can_be_created_on_a_page(visitor, user):
    response = visitor.post(PAGES, {"name": "Launch"})

    room = Room.objects.of(user).get()
    assert response.headers["Location"] == f"{PAGES}{room.pk}/"
    assert "Launch" in visitor.get(PAGES).text


def test_a_message_that_is_sent_on_the_page_is_shown_as_text(visitor, room):
    visitor.post(f"{PAGES}{room.pk}/", {"text": " We launch <b>today</b>. "})
    visitor.post(f"{PAGES}{room.pk}/", {"text": " "})

    assert Message.objects.get().text == "We launch <b>today</b>."
    assert "We launch &lt;b&gt;today&lt;/b&gt;." in visitor.get(f"{PAGES}{room.pk}/").text


@pytest.mark.parametrize("address", ["", "invitation/end/", "members/{user}/remove/", "members/{owner}/remove/"])
def test_the_page_of_a_room_of_others_is_not_found(visitor, user, staff, foreign, address):
    post_message(room=foreign, author=staff, text="Not for Ada.")
    path = f"{PAGES}{foreign.pk}/{address.format(user=user.pk, owner=staff.pk)}"

    assert visitor.post(path, {"text": "Hello"}).status_code == 404
    assert "Not for Ada." not in visitor.get(path, follow=True).text
    assert foreign.messages.count() == foreign.members.count() == 1
    assert "Not for Ada" not in visitor.get(PAGES).text


def test_an_invited_user_joins_on_the_page(visitor, user, foreign):
    token = invite(room=foreign)
    invited = visitor.get(f"{PAGES}?invitation={token}")

    assert token in invited.text
    assert not Room.objects.of(user).exists()

    response = visitor.post(f"{PAGES}join/", {"token": token})

    assert response.headers["Location"] == f"{PAGES}{foreign.pk}/"
    assert Room.objects.of(user).get() == foreign


def test_an_expired_invitation_is_explained(visitor, user, foreign):
    token = invite(room=foreign)
    end_invitations(room=foreign)

    assert "This invitation has expired." in visitor.post(f"{PAGES}join/", {"token": token}, follow=True).text
    assert not Room.objects.of(user).exists()


def test_only_the_owner_invites_and_removes_on_the_page(visitor, user, staff, foreign):
    add_member(room=foreign, user=user)

    page = visitor.get(f"{PAGES}{foreign.pk}/").text

    assert "invitation=" not in page
    for address in ("invitation/end/", f"members/{staff.pk}/remove/"):
        assert f"{PAGES}{foreign.pk}/{address}" not in page
        assert visitor.post(f"{PAGES}{foreign.pk}/{address}").status_code == 403
    assert foreign.members.count() == 2


def test_a_member_leaves_and_the_owner_removes_on_the_page(visitor, client, user, staff, shared_room):
    token = invite(room=shared_room)
    client.force_login(staff)

    client.post(f"{PAGES}{shared_room.pk}/members/{staff.pk}/remove/")

    assert shared_room.members.get().user == user
    join_room(user=staff, token=token)
    client.force_login(user)

    client.post(f"{PAGES}{shared_room.pk}/members/{staff.pk}/remove/")

    assert shared_room.members.get().user == user
    with pytest.raises(ValidationError):
        join_room(user=staff, token=token)


def path(room: Room) -> str:
    return f"/ws/chat/{room.pk}/"


async def close_code(room: Room, user: User) -> int:
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    return await (await Socket(f"{path(room)}?ticket={ticket}").open()).close_code()


@pytest.mark.django_db(transaction=True)
@async_test
async def test_a_message_is_sent_to_all_members(user, staff, shared_room):
    ada, grace = await connect(path(shared_room), user), await connect(path(shared_room), staff)

    await ada.send(type="message", text=" We launch. ")

    received = [await socket.receive("message") for socket in (ada, grace)]
    message = await Message.objects.aget()
    expected = {"id": message.pk, "author": user.pk, "name": "Ada", "text": "We launch."}
    assert received == [{"type": "message", **expected, "sent_at": message.sent_at.isoformat()}] * 2


@pytest.mark.django_db(transaction=True)
@async_test
async def test_missed_messages_are_sent_after_a_reconnect(user, shared_room):
    known, missed = [
        await in_thread(post_message)(room=shared_room, author=user, text=text) for text in ("known", "missed")
    ]
    socket = await connect(path(shared_room), user)

    await socket.send(type="since", id=known.pk)
    answer = await socket.receive("missed")

    assert [(item["id"], item["text"]) for item in answer["items"]] == [(missed.pk, "missed")]


@pytest.mark.django_db(transaction=True)
@async_test
async def test_only_members_can_connect(shared_room):
    stranger = await User.objects.acreate(email="eve@example.com")

    assert await close_code(shared_room, stranger) == CloseCode.FORBIDDEN


@pytest.mark.django_db(transaction=True)
@async_test
async def test_a_removed_member_is_disconnected(user, staff, shared_room):
    ada, grace = await connect(path(shared_room), user), await connect(path(shared_room), staff)

    await (await shared_room.members.aget(user=staff)).adelete()

    assert await grace.close_code() == CloseCode.FORBIDDEN
    await ada.send(type="message", text="She is gone.")
    assert await ada.receive("message")
