"""robots.txt and security.txt (RFC 9116)."""

from datetime import UTC, datetime, timedelta

import pytest

from config.env import Env

SECURITY = "/.well-known/security.txt"


def test_search_engines_may_index_all_pages(client, settings):
    response = client.get("/robots.txt")

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text == "User-agent: *\nAllow: /\n"
    assert settings.ADMIN_PATH not in response.text


@pytest.mark.parametrize(
    ("contact", "uri"),
    [
        ("security@example.com", "mailto:security@example.com"),
        ("https://example.com/report", "https://example.com/report"),
    ],
)
def test_the_contact_for_security_issues_is_shown(client, settings, contact, uri):
    settings.SECURITY_CONTACT = contact
    response = client.get(SECURITY)
    fields = dict(line.split(": ") for line in response.text.splitlines())
    left = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%S%z") - datetime.now(UTC)

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == uri
    # The RFC recommends less than a year.
    assert timedelta(days=30) < left < timedelta(days=365)


def test_without_a_contact_there_is_no_file(client, db):
    assert client.get(SECURITY).status_code == 404


@pytest.mark.parametrize("value", ["example.com", "http://example.com", "mailto:ada@example.com", "ada@example.com x"])
def test_a_contact_must_be_an_address_or_a_url(value):
    validator = Env.__dataclass_fields__["security_contact"].metadata["validator"]

    assert validator(value).startswith("must be an e-mail address")
