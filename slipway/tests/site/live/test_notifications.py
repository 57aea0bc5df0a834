import pytest

from apps.notifications.services import notify
from tests.sockets import async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/notifications/"


@async_test
async def test_all_notifications_can_be_marked_as_read(user):
    for text in ("one", "two"):
        await in_thread(notify)(user=user, kind="comment", text=text)
    socket = await connect(PATH, user)

    await socket.send(type="read_all")

    assert await socket.receive("read") == {"type": "read", "ids": None}
    assert not await user.notifications.unread().aexists()


@async_test
async def test_notifications_of_other_users_cannot_be_marked(user, staff):
    foreign = await in_thread(notify)(user=staff, kind="comment", text="Not for Ada.")
    socket = await connect(PATH, user)
    await socket.receive("unread")

    await socket.send(type="read", ids=[foreign.pk])

    assert await socket.receives_nothing()
    await in_thread(foreign.refresh_from_db)()
    assert foreign.read_at is None


@async_test
async def test_many_missed_notifications_come_in_pages(user):
    await in_thread(lambda: [notify(user=user, kind="comment", text=str(number)) for number in range(51)])()
    socket = await connect(PATH, user)

    await socket.send(type="since", id=0)
    answer = await socket.receive("missed")

    assert (len(answer["items"]), answer["more"]) == (50, True)


@async_test
async def test_all_pages_of_missed_notifications_end(user):
    """Only the first page looks back a minute: with all of them, the last page would never come."""
    ids = await in_thread(lambda: [notify(user=user, kind="comment", text=str(number)).pk for number in range(120)])()
    socket = await connect(PATH, user)
    received: list[int] = []
    more, requests = True, 0

    while more and requests < 5:
        await socket.send(type="since", id=received[-1] if received else ids[0])
        answer = await socket.receive("missed")
        received += [item["id"] for item in answer["items"]]
        more, requests = answer["more"], requests + 1

    assert received == ids[1:]
    assert requests == 3


@async_test
async def test_the_first_page_has_notifications_that_may_have_been_committed_late(user):
    ids = await in_thread(lambda: [notify(user=user, kind="comment", text=str(number)).pk for number in range(60)])()
    first, second = await connect(PATH, user), await connect(PATH, user)
    await first.send(type="since", id=ids[0])
    reached = (await first.receive("missed"))["items"][-1]["id"]

    await second.send(type="since", id=reached)

    assert (await second.receive("missed"))["items"][0]["id"] == ids[0]
