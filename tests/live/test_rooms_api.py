import pytest

from apps.accounts.models import User
from apps.chat.models import Member, Message, Room
from apps.chat.services import add_member, create_room, post_message

ROOMS = "/api/v1/rooms/"


@pytest.fixture
def room(user):
    return create_room(name="Launch", owner=user)


@pytest.fixture
def foreign(staff):
    return create_room(name="Not for Ada", owner=staff)


def test_whoever_makes_a_room_owns_it(signed_in, user):
    answer = signed_in.post(ROOMS, {"name": "Launch"})

    assert answer.status_code == 201
    assert Room.objects.get().pk == answer.json()["id"]
    assert Member.objects.get().is_owner


def test_the_list_holds_your_rooms_alone(signed_in, room, foreign):
    assert [item["name"] for item in signed_in.get(ROOMS).json()["results"]] == ["Launch"]


@pytest.mark.parametrize("address", ["", "members/", "messages/"])
def test_a_room_of_others_is_not_there(signed_in, foreign, address):
    path = f"{ROOMS}{foreign.pk}/{address}"

    assert signed_in.get(path).status_code == 404
    assert signed_in.post(path, {"text": "Hello", "user": 1}).status_code in (404, 405)
    assert not Message.objects.exists()


def test_the_owner_adds_members_and_a_second_time_changes_nothing(signed_in, room, staff):
    answers = [signed_in.post(f"{ROOMS}{room.pk}/members/", {"user": staff.pk}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    listed = signed_in.get(f"{ROOMS}{room.pk}/members/").json()["results"]
    assert [(member["name"], member["is_owner"]) for member in listed] == [("Ada", True), ("Grace", False)]


@pytest.mark.parametrize("user_id", [0, 99999, 2**70, "ada"])
def test_who_is_not_there_cannot_be_added(signed_in, room, user_id):
    answer = signed_in.post(f"{ROOMS}{room.pk}/members/", {"user": user_id})

    assert answer.status_code == 400
    assert "user" in answer.json()["error"]["fields"]


def test_other_members_add_and_remove_nobody(signed_in, user, staff, foreign):
    add_member(room=foreign, user_id=user.pk)
    other = User.objects.create_user("eve@example.com")

    assert signed_in.post(f"{ROOMS}{foreign.pk}/members/", {"user": other.pk}).status_code == 403
    assert signed_in.delete(f"{ROOMS}{foreign.pk}/members/{staff.pk}/").status_code == 403


def test_the_owner_removes_members(signed_in, room, staff):
    add_member(room=room, user_id=staff.pk)

    assert signed_in.delete(f"{ROOMS}{room.pk}/members/{staff.pk}/").status_code == 204
    assert room.members.count() == 1


def test_when_the_owner_leaves_the_eldest_member_owns_the_room(signed_in, room, user, staff):
    add_member(room=room, user_id=staff.pk)

    assert signed_in.delete(f"{ROOMS}{room.pk}/members/{user.pk}/").status_code == 204
    assert room.members.get().user == staff
    assert room.members.get().is_owner


def test_what_was_said_comes_newest_first(signed_in, room, user):
    for text in ("one", "two"):
        post_message(room=room, author=user, text=text)

    listed = signed_in.get(f"{ROOMS}{room.pk}/messages/").json()["results"]

    assert [message["text"] for message in listed] == ["two", "one"]


def test_a_message_can_be_posted_without_a_socket(signed_in, room, user):
    answer = signed_in.post(f"{ROOMS}{room.pk}/messages/", {"text": "Hello"})

    assert answer.status_code == 201
    assert Message.objects.get().author == user


def test_an_address_is_never_shown(signed_in, room):
    nameless = User.objects.create_user("eve@example.com")
    add_member(room=room, user_id=nameless.pk)
    post_message(room=room, author=nameless, text="Hello")

    said = [signed_in.get(f"{ROOMS}{room.pk}/{what}/").content.decode() for what in ("members", "messages")]

    assert all(f"User {nameless.pk}" in text and "eve@" not in text for text in said)


def test_what_somebody_said_stays_when_they_go(signed_in, room):
    other = User.objects.create_user("eve@example.com")
    post_message(room=room, author=other, text="Hello")

    other.delete()

    (message,) = signed_in.get(f"{ROOMS}{room.pk}/messages/").json()["results"]
    assert (message["author"], message["name"], message["text"]) == (None, "", "Hello")


@pytest.mark.parametrize("what", ["members", "messages"])
def test_a_long_list_takes_as_few_queries_as_a_short_one(signed_in, room, what, django_assert_max_num_queries):
    for number in range(20):
        author = User.objects.create_user(f"user{number}@example.com")
        add_member(room=room, user_id=author.pk)
        post_message(room=room, author=author, text="Hello")

    with django_assert_max_num_queries(4):
        assert len(signed_in.get(f"{ROOMS}{room.pk}/{what}/").json()["results"]) == 20
