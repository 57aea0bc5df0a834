import pytest

from apps.notifications.services import mark_read, notify
from tests.live.sockets import aside, enter, live

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/notifications/"

tell = aside(notify)


@live
async def test_the_unread_ones_come_first(user):
    first, second = [await tell(user=user, kind="comment", text=text) for text in ("one", "two")]
    await aside(mark_read)(user=user, ids=[first.pk])

    unread = await (await enter(PATH, user)).hear()

    assert (unread["type"], unread["total"]) == ("unread", 1)
    assert [item["id"] for item in unread["items"]] == [second.pk]


@live
async def test_a_new_one_comes_at_once(user):
    socket = await enter(PATH, user)
    await socket.hear("unread")

    notification = await tell(user=user, kind="comment", text="Grace answered.", link="/posts/3")

    assert await socket.hear() == {
        "type": "notification",
        "id": notification.pk,
        "kind": "comment",
        "text": "Grace answered.",
        "link": "/posts/3",
        "created_at": notification.created_at.isoformat(),
        "read_at": None,
    }


@live
async def test_nobody_hears_of_other_peoples(user, staff):
    socket = await enter(PATH, user)
    await socket.hear("unread")

    await tell(user=staff, kind="comment", text="Not for Ada.")

    assert await socket.is_silent()


@live
async def test_marking_one_is_told_to_every_tab(user):
    notification = await tell(user=user, kind="comment", text="one")
    tabs = [await enter(PATH, user), await enter(PATH, user)]

    await tabs[0].say(type="read", ids=[notification.pk])

    assert [await tab.hear("read") for tab in tabs] == [{"type": "read", "ids": [notification.pk]}] * 2
    await aside(notification.refresh_from_db)()
    assert notification.read_at


@live
async def test_all_can_be_marked(user):
    for text in ("one", "two"):
        await tell(user=user, kind="comment", text=text)
    socket = await enter(PATH, user)

    await socket.say(type="read_all")

    assert await socket.hear("read") == {"type": "read", "ids": None}
    assert not await user.notifications.unread().aexists()


@live
async def test_nobody_can_mark_other_peoples(user, staff):
    foreign = await tell(user=staff, kind="comment", text="Not for Ada.")
    socket = await enter(PATH, user)
    await socket.hear("unread")

    await socket.say(type="read", ids=[foreign.pk])

    assert await socket.is_silent()
    await aside(foreign.refresh_from_db)()
    assert foreign.read_at is None


@live
async def test_what_was_missed_can_be_asked_for_even_when_it_was_read_elsewhere(user):
    known, missed = [await tell(user=user, kind="comment", text=text) for text in ("known", "missed")]
    await aside(mark_read)(user=user)
    socket = await enter(PATH, user)

    await socket.say(type="since", id=known.pk)
    answer = await socket.hear("missed")

    assert [item["id"] for item in answer["items"]] == [missed.pk]
    assert answer["more"] is False


@live
async def test_much_that_was_missed_comes_in_parts(user):
    await aside(lambda: [notify(user=user, kind="comment", text=str(number)) for number in range(51)])()
    socket = await enter(PATH, user)

    await socket.say(type="since", id=0)
    answer = await socket.hear("missed")

    assert (len(answer["items"]), answer["more"]) == (50, True)
