"""Pages need nothing that the Content-Security-Policy forbids: no inline code, and no other hosts."""

import pytest
from django.test import RequestFactory

from apps.accounts import links
from apps.chat.services import create_room
from apps.notifications.services import notify
from slipway.tests.site.pages.reading import Page

# A URL for each template.
ADDRESSES = {
    "status": "/status/",
    "landing": "/",
    "error": "/nothing/here/",
    "reset": "/reset-password/?uid={uid}&token={token}",
    "reset with errors": "POST /reset-password/?uid={uid}&token={token}",
    "reset, expired": "/reset-password/",
    "confirm": "/confirm-email/?token=x",
    "confirm, expired": "POST /confirm-email/",
    "notifications": "/notifications/",
    "rooms": "/rooms/?invitation=x",
    "room": "/rooms/{room}/",
}


@pytest.fixture(params=ADDRESSES)
def response(request, client, staff):
    client.force_login(staff)
    query = links.reset_link(RequestFactory().get("/"), staff).rpartition("?")[2]
    given = dict(item.split("=") for item in query.split("&"))
    notify(user=staff, kind="comment", text="Ada answered.", link="/posts/3")
    room = create_room(name="Launch", owner=staff)
    address = ADDRESSES[request.param].format(**given, room=room.pk)
    if address.startswith("POST "):
        return client.post(address.removeprefix("POST "), {**given, "new_password1": "1", "new_password2": "1"})
    return client.get(address)


def test_a_page_needs_nothing_that_the_policy_forbids(response):
    assert Page(response.text).forbidden == []
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_a_page_has_a_language_a_title_and_main_content(response):
    assert '<html lang="en">' in response.text
    assert "</title>" in response.text
    assert response.text.count("<main") == response.text.count("<h1") == 1
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in response.text


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert()</script>",
        "<style>p {}</style>",
        '<p style="color: red">',
        '<p onclick="alert()">',
        '<img src="https://example.com/spy.gif">',
        '<a href="javascript:alert()">here</a>',
    ],
)
def test_forbidden_markup_is_found(html):
    assert Page(html).forbidden


def test_the_status_page_in_development_needs_nothing_that_the_policy_forbids(client, db, settings):
    settings.DEBUG = True

    assert Page(client.get("/").text).forbidden == []
