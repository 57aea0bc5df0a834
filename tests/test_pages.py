"""The pages of the site. Its own front page may have any content."""

import pytest
from django.urls import reverse


def test_an_unknown_url_has_an_error_page(client, db):
    response = client.get("/nothing/here/")

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_pages_have_a_content_security_policy(client, db):
    assert "default-src" in client.get("/nothing/here/").headers["Content-Security-Policy"]


def test_staff_see_the_status_page(client, staff):
    client.force_login(staff)

    assert client.get(reverse("status")).status_code == 200


@pytest.mark.parametrize("name", ["status", "status-services"])
def test_other_users_do_not_see_the_status_page(client, user, name):
    assert client.get(reverse(name)).status_code in (302, 403, 404)
    client.force_login(user)
    assert client.get(reverse(name)).status_code in (302, 403, 404)
