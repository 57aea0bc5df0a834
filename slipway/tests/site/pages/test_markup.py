"""The site's Content-Security-Policy allows nothing inline and nothing from elsewhere: pages must not need it."""

import pytest
from django.test import RequestFactory

from apps.accounts import links
from tests.pages.reading import Page

# Where each of our templates is shown.
ADDRESSES = {
    "board": "/status/",
    "landing": "/",
    "error": "/nothing/here/",
    "reset": "/reset-password/?uid={uid}&token={token}",
    "reset with errors": "POST /reset-password/?uid={uid}&token={token}",
    "reset, expired": "/reset-password/",
    "confirm": "/confirm-email/?token=x",
    "confirm, expired": "POST /confirm-email/",
}


@pytest.fixture(params=ADDRESSES)
def answer(request, client, staff):
    client.force_login(staff)
    query = links.reset_link(RequestFactory().get("/"), staff).rpartition("?")[2]
    given = dict(item.split("=") for item in query.split("&"))
    address = ADDRESSES[request.param].format(**given)
    if address.startswith("POST "):
        return client.post(address.removeprefix("POST "), {**given, "new_password1": "1", "new_password2": "1"})
    return client.get(address)


def test_a_page_needs_nothing_that_the_policy_forbids(answer):
    assert Page(answer.text).forbidden == []
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_a_page_says_its_language_title_and_main_part(answer):
    assert '<html lang="en">' in answer.text
    assert "</title>" in answer.text
    assert answer.text.count("<main") == answer.text.count("<h1") == 1
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in answer.text


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
def test_what_the_policy_forbids_would_be_found(html):
    assert Page(html).forbidden


def test_the_development_board_needs_nothing_that_the_policy_forbids(client, db, settings):
    settings.DEBUG = True

    assert Page(client.get("/").text).forbidden == []
