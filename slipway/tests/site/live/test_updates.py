import pytest
from django.db import transaction

from apps.live.publish import broadcast, send_update
from tests.sockets import async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


@pytest.mark.parametrize("publish", [lambda user: send_update(user_id=user.pk, topic="x"), lambda user: broadcast("x")])
def test_an_update_is_sent_when_the_transaction_commits(user, publish):
    @in_thread
    def fail():
        with transaction.atomic():
            publish(user)
            transaction.set_rollback(True)

    @async_test
    async def exchange():
        socket = await connect(PATH, user)
        await fail()
        silent = await socket.receives_nothing()
        await in_thread(publish)(user)
        return silent, await socket.receive("update")

    assert exchange() == (True, {"type": "update", "topic": "x", "data": {}})
