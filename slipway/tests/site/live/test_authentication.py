from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.accounts.models import SignIn, User
from apps.accounts.tokens import issue_tokens
from apps.live.authentication import is_allowed_origin
from apps.live.events import CloseCode
from apps.live.models import Ticket
from apps.live.receivers import delete_expired_tickets
from tests.live.sockets import ORIGIN, Socket, async_test, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


async def greeting(address: str, *headers: tuple[bytes, bytes]) -> str | int:
    """`ready`, or the code the socket is closed with."""
    message = await (await Socket(address, headers or (ORIGIN,)).open()).communicator.receive_output(timeout=5)
    return "ready" if message["type"] == "websocket.send" else message["code"]


@async_test
async def test_a_ticket_opens_one_socket(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)

    said = [await greeting(f"{PATH}?ticket={ticket}") for _ in range(2)]

    assert said == ["ready", CloseCode.NOT_SIGNED_IN]


@async_test
async def test_an_old_ticket_opens_nothing(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    await Ticket.objects.aupdate(expires_at=timezone.now())

    assert await greeting(f"{PATH}?ticket={ticket}") == CloseCode.NOT_SIGNED_IN


def test_a_ticket_is_not_kept_as_it_is(user):
    ticket = Ticket.objects.issue(user=user)

    assert not Ticket.objects.filter(digest__contains=ticket).exists()


def test_tickets_that_were_never_used_are_forgotten(user):
    Ticket.objects.issue(user=user)
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Ticket.objects.issue(user=User.objects.create_user("grace@example.com"))

    assert delete_expired_tickets() == 1
    assert Ticket.objects.count() == 1


@async_test
async def test_an_access_token_opens_sockets(user):
    token = await in_thread(lambda: issue_tokens(user=user)["access"])()

    assert [await greeting(f"{PATH}?token={token}") for _ in range(2)] == ["ready", "ready"]


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "%00", "%ff", "é"])
def test_nonsense_opens_nothing(token):
    assert async_test(greeting)(f"{PATH}?token={token}") == CloseCode.NOT_SIGNED_IN
    assert async_test(greeting)(f"{PATH}?ticket={token}") == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_refresh_token_opens_nothing(user):
    token = await in_thread(RefreshToken.for_user)(user)

    assert await greeting(f"{PATH}?token={token}") == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_token_from_before_the_password_was_changed_opens_nothing(user):
    token = await in_thread(AccessToken.for_user)(user)
    user.set_password("another long password")
    await user.asave()

    assert await greeting(f"{PATH}?token={token}") == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_user_who_was_deactivated_gets_in_by_no_way(user, client):
    await in_thread(client.force_login)(user)
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    token = await in_thread(AccessToken.for_user)(user)
    await User.objects.aupdate(is_active=False)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    said = [await greeting(f"{PATH}?{query}", ORIGIN, cookie) for query in (f"ticket={ticket}", f"token={token}", "")]

    assert said == [CloseCode.NOT_SIGNED_IN] * 3


@async_test
async def test_a_session_opens_sockets_for_pages_of_this_site_alone(user, client):
    await in_thread(client.force_login)(user)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    assert await greeting(PATH, ORIGIN, cookie) == "ready"
    assert await greeting(PATH, cookie) == CloseCode.NOT_SIGNED_IN
    assert await Socket(PATH, ((b"origin", b"https://evil.example"), cookie)).is_rejected()


@async_test
async def test_a_program_without_a_page_needs_a_ticket_or_a_token(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)

    assert await greeting(f"{PATH}?ticket={ticket}", (b"user-agent", b"program")) == "ready"


@async_test
async def test_strangers_are_told_to_sign_in(user):
    assert await greeting(PATH) == CloseCode.NOT_SIGNED_IN


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://testserver", True),
        ("http://localhost:8000", True),
        ("https://app.example.com", True),
        ("https://front.example.com", True),
        ("https://www.example.org", True),
        ("https://front.example.com:8443", False),
        ("https://evil.example", False),
        ("https://testserver.evil.example", False),
        ("https://testserver@evil.example", False),
        ("file://testserver", False),
        ("null", False),
        ("://", False),
        ("https://[", False),
    ],
)
def test_pages_of_the_site_and_of_its_frontends_are_welcome(origin, expected, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://front.example.com"]
    settings.FRONTEND_URL = "https://app.example.com/shop"
    settings.SITE_URL = "https://www.example.org"

    assert is_allowed_origin(origin) is expected


def test_a_ticket_is_for_whoever_asks(signed_in, user):
    answer = signed_in.post("/api/v1/auth/ws-ticket/")

    assert answer.status_code == 201
    assert answer.json() == {"ticket": answer.json()["ticket"], "expires_in": 30, "url": "ws://testserver"}
    assert Ticket.objects.get().user == user
    assert Ticket.objects.get().sign_in == SignIn.objects.get()


def test_a_ticket_says_where_the_sockets_are(signed_in, settings):
    settings.WEBSOCKET_URL = "wss://live.example.com"

    assert signed_in.post("/api/v1/auth/ws-ticket/").json()["url"] == "wss://live.example.com"


def test_a_ticket_of_a_page_hangs_on_its_session(client, user):
    client.force_login(user)

    client.post("/api/v1/auth/ws-ticket/")

    assert Ticket.objects.get().session_key == client.session.session_key


def test_strangers_get_no_ticket(db, api):
    assert api.post("/api/v1/auth/ws-ticket/").status_code == 401


def test_a_sign_in_that_has_ended_gives_no_ticket(signed_in):
    SignIn.objects.end()

    assert signed_in.post("/api/v1/auth/ws-ticket/").status_code == 401
