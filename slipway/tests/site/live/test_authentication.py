from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from apps.accounts.models import SignIn, User
from apps.accounts.tokens import issue_tokens
from apps.live.authentication import is_allowed_origin, passes_csrf_check
from apps.live.events import CloseCode
from apps.live.models import Ticket
from apps.live.receivers import delete_expired_tickets
from tests.sockets import HOST, ORIGIN, Socket, async_test, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/ws/updates/"


async def first_event(address: str, *headers: tuple[bytes, bytes]) -> str | int:
    """`ready`, or the code the socket is closed with."""
    message = await (await Socket(address, headers or (HOST, ORIGIN)).open()).communicator.receive_output(timeout=5)
    return "ready" if message["type"] == "websocket.send" else message["code"]


@async_test
async def test_a_ticket_opens_one_socket(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)

    results = [await first_event(f"{PATH}?ticket={ticket}") for _ in range(2)]

    assert results == ["ready", CloseCode.NOT_SIGNED_IN]


@async_test
async def test_an_expired_ticket_is_rejected(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    await Ticket.objects.aupdate(expires_at=timezone.now())

    assert await first_event(f"{PATH}?ticket={ticket}") == CloseCode.NOT_SIGNED_IN


def test_tickets_are_stored_as_hashes(user):
    ticket = Ticket.objects.issue(user=user)

    assert not Ticket.objects.filter(digest__contains=ticket).exists()


def test_expired_tickets_are_deleted(user):
    Ticket.objects.issue(user=user)
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Ticket.objects.issue(user=User.objects.create_user("grace@example.com"))

    assert delete_expired_tickets() == 1
    assert Ticket.objects.count() == 1


@async_test
async def test_an_access_token_opens_websockets(user):
    token = await in_thread(lambda: issue_tokens(user=user)["access"])()

    assert [await first_event(f"{PATH}?token={token}") for _ in range(2)] == ["ready", "ready"]


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "%00", "%ff", "é"])
def test_invalid_credentials_are_rejected(token):
    assert async_test(first_event)(f"{PATH}?token={token}") == CloseCode.NOT_SIGNED_IN
    assert async_test(first_event)(f"{PATH}?ticket={token}") == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_refresh_token_is_rejected(user):
    token = await in_thread(RefreshToken.for_user)(user)

    assert await first_event(f"{PATH}?token={token}") == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_token_older_than_the_password_is_rejected(user):
    token = await in_thread(AccessToken.for_user)(user)
    user.set_password("another long password")
    await user.asave()

    assert await first_event(f"{PATH}?token={token}") == CloseCode.NOT_SIGNED_IN


@async_test
async def test_a_deactivated_user_is_rejected(user, client):
    await in_thread(client.force_login)(user)
    ticket = await in_thread(Ticket.objects.issue)(user=user)
    token = await in_thread(AccessToken.for_user)(user)
    await User.objects.aupdate(is_active=False)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    results = [
        await first_event(f"{PATH}?{query}", HOST, ORIGIN, cookie)
        for query in (f"ticket={ticket}", f"token={token}", "")
    ]

    assert results == [CloseCode.NOT_SIGNED_IN] * 3


@async_test
async def test_a_session_needs_the_origin_of_this_site(user, client):
    await in_thread(client.force_login)(user)
    cookie = (b"cookie", f"sessionid={client.session.session_key}".encode())

    assert await first_event(PATH, HOST, ORIGIN, cookie) == "ready"
    assert await first_event(PATH, HOST, cookie) == CloseCode.NOT_SIGNED_IN
    assert await Socket(PATH, ((b"origin", b"https://evil.example"), cookie)).is_rejected()


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://testserver:8000", True),
        ("https://testserver:8000", False),
        ("http://testserver", False),
        ("https://www.example.com", True),
        ("http://www.example.com", False),
        ("https://www.example.com:8443", False),
        ("https://shop.example.org", True),
        ("https://front.example.com", False),
        ("null", False),
    ],
)
def test_a_session_opens_websockets_from_the_pages_whose_forms_may_post(user, client, settings, origin, expected):
    settings.CORS_ALLOWED_ORIGINS = ["https://front.example.com"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://www.example.com", "https://*.example.org"]
    settings.ALLOWED_HOSTS = ["testserver", "www.example.com", ".example.org"]
    client.force_login(user)
    headers = {"origin": origin, "host": "testserver:8000", "cookie": f"sessionid={client.session.session_key}"}

    async def connects():
        socket = Socket(PATH, tuple((name.encode(), value.encode()) for name, value in headers.items()))
        is_accepted, _ = await socket.communicator.connect(timeout=5)
        return is_accepted and (await socket.communicator.receive_output(timeout=5))["type"] == "websocket.send"

    browser = Client(enforce_csrf_checks=True, headers={**headers, "cookie": "csrftoken=" + "a" * 32})
    posted = browser.post("/confirm-email/", {"csrfmiddlewaretoken": "a" * 32})

    assert (posted.status_code != 403) is expected
    assert async_test(connects)() is expected


def test_behind_a_proxy_the_site_is_served_over_https(rf, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = [HOST, (b"origin", b"https://testserver"), (b"x-forwarded-proto", b"https")]

    assert passes_csrf_check({"path": PATH, "headers": headers})
    assert passes_csrf_check({"path": PATH, "headers": headers[:2], "scheme": "ws"}) is False


@async_test
async def test_a_client_without_an_origin_needs_a_ticket_or_a_token(user):
    ticket = await in_thread(Ticket.objects.issue)(user=user)

    assert await first_event(f"{PATH}?ticket={ticket}", (b"user-agent", b"program")) == "ready"


@async_test
async def test_strangers_are_told_to_sign_in(user):
    assert await first_event(PATH) == CloseCode.NOT_SIGNED_IN


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
def test_origins_of_the_site_and_of_its_frontends_are_allowed(origin, expected, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://front.example.com"]
    settings.FRONTEND_URL = "https://app.example.com/shop"
    settings.SITE_URL = "https://www.example.org"

    assert is_allowed_origin(origin) is expected


def test_a_ticket_belongs_to_the_sign_in(signed_in, user):
    response = signed_in.post("/api/v1/auth/ws-ticket/")

    assert response.status_code == 201
    assert response.json() == {"ticket": response.json()["ticket"], "expires_in": 30, "url": "ws://testserver"}
    assert Ticket.objects.get().user == user
    assert Ticket.objects.get().sign_in == SignIn.objects.get()


def test_a_ticket_comes_with_the_url_of_the_websockets(signed_in, settings):
    settings.WEBSOCKET_URL = "wss://live.example.com"

    assert signed_in.post("/api/v1/auth/ws-ticket/").json()["url"] == "wss://live.example.com"


def test_a_ticket_of_a_page_belongs_to_its_session(client, user):
    client.force_login(user)

    client.post("/api/v1/auth/ws-ticket/")

    assert Ticket.objects.get().session_key == client.session.session_key


def test_strangers_get_no_ticket(db, api):
    assert api.post("/api/v1/auth/ws-ticket/").status_code == 401


def test_no_ticket_is_issued_for_an_ended_sign_in(signed_in):
    SignIn.objects.end()

    assert signed_in.post("/api/v1/auth/ws-ticket/").status_code == 401
