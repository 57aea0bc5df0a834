"""Live updates from the outside. The tests of each app's WebSocket are with the app's other tests."""

import pytest

from apps.live.events import CloseCode
from apps.live.models import Ticket
from apps.live.publish import broadcast, send_update
from apps.notifications.services import mark_read, notify
from tests.sockets import HOST, ORIGIN, Socket, async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
NOTIFICATIONS = "/ws/notifications/"
UPDATES = "/ws/updates/"


def test_a_ticket_is_issued_to_a_signed_in_user(signed_in, user):
    response = signed_in.post("/api/v1/auth/ws-ticket/")

    assert response.status_code == 201
    assert response.json() == {"ticket": response.json()["ticket"], "expires_in": 30, "url": "ws://testserver"}
    assert Ticket.objects.get().user == user


def test_no_ticket_is_issued_without_signing_in(db, api):
    assert api.post("/api/v1/auth/ws-ticket/").status_code == 401


@async_test
async def test_a_ticket_opens_one_websocket(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    first = await Socket(f"{UPDATES}?ticket={ticket}").open()
    second = await Socket(f"{UPDATES}?ticket={ticket}").open()

    assert (await first.receive())["type"] == "ready"
    assert await second.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_websocket_without_credentials_is_closed():
    assert await (await Socket(UPDATES).open()).close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_session_opens_websockets_from_pages_of_this_site_only(user, client):
    await in_thread(client.force_login)(user)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    assert (await (await Socket(UPDATES, (HOST, ORIGIN, cookie)).open()).receive())["type"] == "ready"
    other_port = await Socket(UPDATES, (HOST, (b"origin", b"http://testserver:8080"), cookie)).open()
    assert await other_port.close_code() == CloseCode.NOT_SIGNED_IN
    assert await Socket(UPDATES, (HOST, (b"origin", b"https://evil.example"), cookie)).is_rejected()


@async_test
async def test_unread_notifications_are_sent_first(user):
    first, second = [await in_thread(notify)(user=user, kind="comment", text=text) for text in ("one", "two")]
    await in_thread(mark_read)(user=user, ids=[first.pk])

    unread = await (await connect(NOTIFICATIONS, user)).receive()

    assert (unread["type"], unread["total"]) == ("unread", 1)
    assert [item["id"] for item in unread["items"]] == [second.pk]


@async_test
async def test_a_notification_is_sent_to_its_user_only(user, staff):
    socket, other = await connect(NOTIFICATIONS, user), await connect(NOTIFICATIONS, staff)
    await socket.receive("unread")
    await other.receive("unread")

    notification = await in_thread(notify)(user=user, kind="comment", text="Grace answered.", link="/posts/3")

    assert await socket.receive() == {
        "type": "notification",
        "id": notification.pk,
        "kind": "comment",
        "text": "Grace answered.",
        "link": "/posts/3",
        "created_at": notification.created_at.isoformat(),
        "read_at": None,
    }
    assert await other.receives_nothing()


@async_test
async def test_marking_a_notification_as_read_is_sent_to_all_tabs(user):
    notification = await in_thread(notify)(user=user, kind="comment", text="one")
    tabs = [await connect(NOTIFICATIONS, user), await connect(NOTIFICATIONS, user)]

    await tabs[0].send(type="read", ids=[notification.pk])

    assert [await tab.receive("read") for tab in tabs] == [{"type": "read", "ids": [notification.pk]}] * 2
    await in_thread(notification.refresh_from_db)()
    assert notification.read_at


@async_test
async def test_missed_notifications_are_sent_after_a_reconnect(user):
    known, missed = [await in_thread(notify)(user=user, kind="comment", text=text) for text in ("known", "missed")]
    await in_thread(mark_read)(user=user)
    socket = await connect(NOTIFICATIONS, user)

    await socket.send(type="since", id=known.pk)
    answer = await socket.receive("missed")

    assert [(item["type"], item["id"]) for item in answer["items"]] == [("notification", missed.pk)]
    assert answer["more"] is False


@async_test
async def test_a_broadcast_is_sent_to_everybody(user, staff):
    sockets = [await connect(UPDATES, person) for person in (user, staff)]

    await in_thread(broadcast)("launch", minutes=5)

    received = [await socket.receive() for socket in sockets]
    assert received == [{"type": "update", "topic": "launch", "data": {"minutes": 5}}] * 2


@async_test
async def test_an_update_for_one_user_is_sent_to_nobody_else(user, staff):
    socket, other = await connect(UPDATES, user), await connect(UPDATES, staff)

    await in_thread(send_update)(user_id=user.pk, topic="export", percent=40)

    assert await socket.receive() == {"type": "update", "topic": "export", "data": {"percent": 40}}
    assert await other.receives_nothing()


@async_test
async def test_a_deactivated_user_is_disconnected(user):
    socket = await connect(UPDATES, user)

    user.is_active = False
    await in_thread(user.save)()

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_an_unknown_path_is_rejected(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)

    assert await Socket(f"/ws/nothing/?ticket={ticket}").is_rejected()
