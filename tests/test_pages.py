"""The pages of the site. Its own front page may have any content."""

import pytest
from django.core.mail import send_mail
from django.urls import reverse

from tests.commands import PRODUCTION, run


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


def test_the_mailbox_shows_the_mails_of_development(client, db, mailbox, capsys):
    send_mail("Welcome", "See https://x.example/?a=1&b=2.", None, ["ada@example.com"], html_message="<p>See</p>")

    assert capsys.readouterr().out == "E-mail to ada@example.com: Welcome https://x.example/?a=1&b=2\n"
    [file] = mailbox.iterdir()
    assert f"/dev/mail/{file.stem}/" in client.get("/dev/mail/").text
    assert '<a href="https://x.example/?a=1&amp;b=2">' in client.get(f"/dev/mail/{file.stem}/").text
    assert "<p>See</p>" in client.get(f"/dev/mail/{file.stem}/html/").text


def test_production_has_no_mailbox():
    find = "import django; django.setup(); from django.urls import resolve; resolve('/dev/mail/')"

    assert "Resolver404" in run("python", "-c", find, **PRODUCTION).stderr
