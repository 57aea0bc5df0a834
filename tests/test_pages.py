"""The pages of the site. Its own front page may have any content."""

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from config.mail import mailer
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
    mail = EmailMultiAlternatives("Welcome", "Sign in: https://x.example/?a=1&b=2.", to=["ada@example.com"])
    mail.attach_alternative("<p>Sign in</p>", "text/html")
    mail.attach("invoice.pdf", b"%PDF", "application/pdf")
    mailer("delivery").send_messages([mail])

    assert capsys.readouterr().out == "E-mail to ada@example.com: Welcome https://x.example/?a=1&b=2\n"
    [path] = mailbox.iterdir()
    listed = client.get("/dev/mail/").text
    assert all(text in listed for text in ("ada@example.com", "Welcome", f"/dev/mail/{path.stem}/"))
    shown = client.get(f"/dev/mail/{path.stem}/").text
    assert '<a href="https://x.example/?a=1&amp;b=2">' in shown
    assert "invoice.pdf" in shown
    assert "<p>Sign in</p>" in client.get(f"/dev/mail/{path.stem}/html/").text


def test_production_has_no_mailbox():
    find = "import django; django.setup(); from django.urls import resolve; resolve('/dev/mail/')"

    assert run("python", "-c", find, DJANGO_SETTINGS_MODULE="config.settings.development").returncode == 0
    assert "Resolver404" in run("python", "-c", find, **PRODUCTION).stderr
