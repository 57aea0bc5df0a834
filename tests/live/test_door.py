from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.accounts.models import SignIn, User
from apps.accounts.tokens import issue_tokens
from apps.live import codes, tickets
from apps.live.models import Ticket
from apps.live.origins import is_welcome
from tests.live.sockets import HERE, Socket, aside, live

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


async def greeting(address: str, *headers: tuple[bytes, bytes]) -> str | int:
    """`ready`, or the code the socket is closed with."""
    message = await (await Socket(address, headers or (HERE,)).open()).wire.receive_output(timeout=5)
    return "ready" if message["type"] == "websocket.send" else message["code"]


@live
async def test_a_ticket_opens_one_socket(user):
    ticket = await aside(tickets.issue_ticket)(user=user)

    said = [await greeting(f"{PATH}?ticket={ticket}") for _ in range(2)]

    assert said == ["ready", codes.SIGN_IN]


@live
async def test_an_old_ticket_opens_nothing(user):
    ticket = await aside(tickets.issue_ticket)(user=user)
    await Ticket.objects.aupdate(expires_at=timezone.now())

    assert await greeting(f"{PATH}?ticket={ticket}") == codes.SIGN_IN


def test_a_ticket_is_not_kept_as_it_is(user):
    ticket = tickets.issue_ticket(user=user)

    assert not Ticket.objects.filter(digest__contains=ticket).exists()


def test_tickets_that_were_never_used_are_forgotten(user):
    tickets.issue_ticket(user=user)
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tickets.issue_ticket(user=User.objects.create_user("grace@example.com"))

    assert tickets.forget_expired_tickets() == 1
    assert Ticket.objects.count() == 1


@live
async def test_an_access_token_opens_sockets(user):
    token = await aside(lambda: issue_tokens(user=user)["access"])()

    assert [await greeting(f"{PATH}?token={token}") for _ in range(2)] == ["ready", "ready"]


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "%00", "%ff", "é"])
def test_nonsense_opens_nothing(token):
    assert live(greeting)(f"{PATH}?token={token}") == codes.SIGN_IN
    assert live(greeting)(f"{PATH}?ticket={token}") == codes.SIGN_IN


@live
async def test_a_refresh_token_opens_nothing(user):
    token = await aside(RefreshToken.for_user)(user)

    assert await greeting(f"{PATH}?token={token}") == codes.SIGN_IN


@live
async def test_a_token_from_before_the_password_was_changed_opens_nothing(user):
    token = await aside(AccessToken.for_user)(user)
    user.set_password("another long password")
    await user.asave()

    assert await greeting(f"{PATH}?token={token}") == codes.SIGN_IN


@live
async def test_a_user_who_was_deactivated_gets_in_by_no_way(user, client):
    await aside(client.force_login)(user)
    ticket = await aside(tickets.issue_ticket)(user=user)
    token = await aside(AccessToken.for_user)(user)
    await User.objects.aupdate(is_active=False)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    said = [await greeting(f"{PATH}?{query}", HERE, cookie) for query in (f"ticket={ticket}", f"token={token}", "")]

    assert said == [codes.SIGN_IN] * 3


@live
async def test_a_session_opens_sockets_for_pages_of_this_site_alone(user, client):
    await aside(client.force_login)(user)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    assert await greeting(PATH, HERE, cookie) == "ready"
    assert await greeting(PATH, cookie) == codes.SIGN_IN
    assert await Socket(PATH, ((b"origin", b"https://evil.example"), cookie)).is_refused()


@live
async def test_a_program_without_a_page_needs_a_ticket_or_a_token(user):
    ticket = await aside(tickets.issue_ticket)(user=user)

    assert await greeting(f"{PATH}?ticket={ticket}", (b"user-agent", b"program")) == "ready"


@live
async def test_strangers_are_told_to_sign_in(user):
    assert await greeting(PATH) == codes.SIGN_IN


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

    assert is_welcome(origin) is expected


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
