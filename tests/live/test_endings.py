"""A socket ends soon after the right to it."""

from datetime import timedelta

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts import services, tokens
from apps.accounts.models import SignIn, User
from apps.live import codes, consumer, tickets
from tests.live.sockets import HERE, Socket, aside, enter, live

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


@live
async def test_deactivating_a_user_ends_their_sockets(user, staff):
    socket, other = await enter(PATH, user), await enter(PATH, staff)

    user.is_active = False
    await aside(user.save)()

    assert await socket.code() == codes.SIGN_IN
    assert await other.is_silent()


@live
async def test_a_new_password_ends_sockets(user):
    socket = await enter(PATH, user)

    await aside(services.change_password)(user=user, password="another long password")

    assert await socket.code() == codes.SIGN_IN


@live
async def test_deleting_an_account_ends_its_sockets(user):
    socket = await enter(PATH, user)

    await aside(user.delete)()

    assert await socket.code() == codes.SIGN_IN


@live
async def test_signing_in_elsewhere_ends_nothing(user, api):
    socket = await enter(PATH, user)

    await aside(tokens.issue_tokens)(user=user)
    user.name = "Ada L."
    await aside(user.save)()

    assert await socket.is_silent()


@live
async def test_signing_out_ends_the_sockets_of_that_sign_in_alone(user):
    mine, _ = [await aside(tokens.issue_tokens)(user=user) for _ in range(2)]
    sign_ins = [sign_in async for sign_in in SignIn.objects.order_by("started_at")]
    opened = [await aside(tickets.issue_ticket)(user=user, sign_in=sign_in) for sign_in in sign_ins]
    sockets = [await Socket(f"{PATH}?ticket={ticket}").open() for ticket in opened]
    for socket in sockets:
        await socket.hear("ready")

    await aside(tokens.end_sign_in)(refresh=mine["refresh"])

    assert await sockets[0].code() == codes.SIGN_IN
    assert await sockets[1].is_silent()


@live
async def test_signing_out_of_a_page_ends_its_sockets(user, client, rf):
    await aside(client.force_login)(user)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())
    socket = await Socket(PATH, (HERE, cookie)).open()
    await socket.hear("ready")

    await aside(client.logout)()

    assert await socket.code() == codes.SIGN_IN


@live
async def test_a_token_ends_its_sockets_when_it_expires(user):
    token = await aside(AccessToken.for_user)(user)
    token.set_exp(lifetime=timedelta(seconds=2))
    socket = await Socket(f"{PATH}?token={token}").open()
    await socket.hear("ready")

    assert await socket.code() == codes.SIGN_IN


@live
async def test_what_no_signal_tells_of_is_seen_at_the_next_look(user, monkeypatch):
    monkeypatch.setattr(consumer, "LOOK", 0.1)
    socket = await enter(PATH, user)

    await User.objects.aupdate(is_active=False)

    assert await socket.code() == codes.SIGN_IN
