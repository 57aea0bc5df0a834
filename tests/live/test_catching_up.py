import pytest

from apps.notifications.services import notify
from tests.live.sockets import aside, enter, live

pytestmark = pytest.mark.django_db(transaction=True)


@live
async def test_who_missed_much_in_one_minute_asks_until_they_have_it_all(user):
    """The server looks back a minute, for what was stored late: but not from each page of one answer."""
    ids = await aside(lambda: [notify(user=user, kind="comment", text=str(number)).pk for number in range(120)])()
    socket = await enter("/ws/notifications/", user)
    heard: list[int] = []
    more, asked = True, 0

    while more and asked < 5:
        await socket.say(type="since", id=heard[-1] if heard else ids[0])
        answer = await socket.hear("missed")
        heard += [item["id"] for item in answer["items"]]
        more, asked = answer["more"], asked + 1

    assert heard == ids[1:]
    assert asked == 3


@live
async def test_who_comes_back_later_is_told_again_of_what_was_stored_late(user):
    ids = await aside(lambda: [notify(user=user, kind="comment", text=str(number)).pk for number in range(60)])()
    first, second = await enter("/ws/notifications/", user), await enter("/ws/notifications/", user)
    await first.say(type="since", id=ids[0])
    reached = (await first.hear("missed"))["items"][-1]["id"]

    await second.say(type="since", id=reached)

    assert (await second.hear("missed"))["items"][0]["id"] == ids[0]
