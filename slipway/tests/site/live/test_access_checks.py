"""A WebSocket is closed soon after its user has lost the access."""

import time
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts import services, tokens
from apps.accounts.models import SignIn, User
from apps.live import consumer
from apps.live.authentication import Credentials
from apps.live.events import CloseCode
from apps.live.middleware import LiveMiddleware
from apps.live.models import Ticket
from tests import sockets
from tests.sockets import HOST, ORIGIN, Socket, async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


@async_test
async def test_deactivating_a_user_closes_all_websockets(user, staff):
    socket, other = await connect(PATH, user), await connect(PATH, staff)

    user.is_active = False
    await in_thread(user.save)()

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN
    assert await other.receives_nothing()


@async_test
async def test_a_new_password_closes_websockets(user):
    socket = await connect(PATH, user)

    await in_thread(services.change_password)(user=user, password="another long password")

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_deleting_an_account_closes_its_websockets(user):
    socket = await connect(PATH, user)

    await in_thread(user.delete)()

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_another_sign_in_closes_nothing(user, api):
    socket = await connect(PATH, user)

    await in_thread(tokens.issue_tokens)(user=user)
    user.name = "Ada L."
    await in_thread(user.save)()

    assert await socket.receives_nothing()


@async_test
async def test_signing_out_closes_the_websockets_of_that_sign_in_only(user):
    mine, _ = [await in_thread(tokens.issue_tokens)(user=user) for _ in range(2)]
    sign_ins = [sign_in async for sign_in in SignIn.objects.order_by("started_at")]
    opened = [await in_thread(Ticket.objects.issue)(user=user, sign_in=sign_in) for sign_in in sign_ins]
    sockets = [await Socket(f"{PATH}?ticket={ticket}").open() for ticket in opened]
    for socket in sockets:
        await socket.receive("ready")

    await in_thread(tokens.end_sign_in)(refresh=mine["refresh"])

    assert await sockets[0].close_code() == CloseCode.NOT_SIGNED_IN
    assert await sockets[1].receives_nothing()


@async_test
async def test_ending_another_sign_in_closes_its_websockets(user, api):
    mine, other = [await in_thread(tokens.issue_tokens)(user=user) for _ in range(2)]
    socket = await Socket(f"{PATH}?token={other['access']}").open()
    await socket.receive("ready")

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {mine['access']}")
    await in_thread(api.delete)("/api/v1/auth/sign-ins/")

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_signing_out_closes_a_websocket_that_an_access_token_opened(user):
    mine = await in_thread(tokens.issue_tokens)(user=user)
    socket = await Socket(f"{PATH}?token={mine['access']}").open()
    await socket.receive("ready")

    await in_thread(tokens.end_sign_in)(refresh=mine["refresh"])

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_ending_a_session_closes_its_websockets(user, client, rf):
    await in_thread(client.force_login)(user)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())
    socket = await Socket(PATH, (HOST, ORIGIN, cookie)).open()
    await socket.receive("ready")

    await in_thread(client.logout)()

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_websocket_is_closed_when_its_token_expires(user):
    token = await in_thread(AccessToken.for_user)(user)
    token.set_exp(lifetime=timedelta(seconds=2))
    socket = await Socket(f"{PATH}?token={token}").open()
    await socket.receive("ready")

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN


@pytest.mark.parametrize("error", [InterfaceError, OperationalError, ValueError])
def test_a_check_that_fails_is_repeated(user, monkeypatch, error):
    monkeypatch.setattr(consumer, "CHECK_INTERVAL", 0.1)
    checked = []

    class Unchecked(consumer.LiveConsumer):
        def close_code(self):
            checked.append(self.user)
            # The first check is when the WebSocket opens.
            if len(checked) == 2:
                raise error("The connection already closed")
            return super().close_code() if len(checked) < 4 else CloseCode.FORBIDDEN

    monkeypatch.setattr(sockets, "application", LiveMiddleware(Unchecked.as_asgi()))

    @async_test
    async def code():
        return await (await connect(PATH, user)).close_code()

    assert code() == CloseCode.FORBIDDEN


def test_an_expired_token_is_invalid_without_a_query(user, django_assert_num_queries):
    credentials = Credentials(user, user.get_session_auth_hash(), expires_at=time.time())

    with django_assert_num_queries(0):
        assert not credentials.are_valid()


@async_test
async def test_a_change_without_a_signal_is_found_by_the_next_check(user, monkeypatch):
    monkeypatch.setattr(consumer, "CHECK_INTERVAL", 0.1)
    socket = await connect(PATH, user)

    await User.objects.aupdate(is_active=False)

    assert await socket.close_code() == CloseCode.NOT_SIGNED_IN
