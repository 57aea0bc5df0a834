import pytest
from django.db import transaction

from apps.live.services import broadcast, send_update
from tests.live.sockets import aside, enter, live

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


@live
async def test_an_update_for_one_user_is_heard_in_all_their_tabs(user):
    tabs = [await enter(PATH, user), await enter(PATH, user)]

    await aside(send_update)(user_id=user.pk, topic="export", percent=40)

    assert [await tab.hear() for tab in tabs] == [{"type": "update", "topic": "export", "data": {"percent": 40}}] * 2


@live
async def test_an_update_for_one_user_is_heard_by_nobody_else_and_nowhere_else(user, staff):
    other, elsewhere = await enter(PATH, staff), await enter("/ws/notifications/", user)
    await elsewhere.hear("unread")

    await aside(send_update)(user_id=user.pk, topic="export", percent=40)

    assert await other.is_silent()
    assert await elsewhere.is_silent()


@pytest.mark.parametrize("tell", [lambda user: send_update(user_id=user.pk, topic="x"), lambda user: broadcast("x")])
def test_an_update_is_told_when_the_data_are_stored_and_not_when_they_are_not(user, tell):
    @aside
    def fail():
        with transaction.atomic():
            tell(user)
            transaction.set_rollback(True)

    @live
    async def visit():
        socket = await enter(PATH, user)
        await fail()
        silent = await socket.is_silent()
        await aside(tell)(user)
        return silent, await socket.hear("update")

    assert visit() == (True, {"type": "update", "topic": "x", "data": {}})
