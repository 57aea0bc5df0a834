"""The mailbox of development: which e-mails it stores, and how it shows them."""

import os
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives

from apps.pages import mailbox as module
from config.mail import mailer
from slipway.tests.site.pages.reading import Page
from tests.commands import run

DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "config.settings.development"}


def send(subject="Hello", body="", **options):
    mailer("delivery").send_messages([EmailMessage(subject, body, **{"to": ["ada@example.com"], **options})])


def send_html(html, text=""):
    mail = EmailMultiAlternatives("Hello", text, to=["ada@example.com"])
    mail.attach_alternative(html, "text/html")
    mailer("delivery").send_messages([mail])


@pytest.fixture
def show(client, db, mailbox):
    """The page of the newest e-mail, or its HTML version."""

    def shown(version=""):
        return client.get(f"/dev/mail/{max(mailbox.glob('*.eml')).stem}/{version}")

    return shown


def test_the_newest_mails_come_first_and_the_oldest_are_deleted(client, db, mailbox, monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 3)
    for number in range(5):
        send(f"Number {number}")

    page = client.get("/dev/mail/").text
    assert len(list(mailbox.iterdir())) == 3
    assert "Number 1" not in page
    assert page.index("Number 4") < page.index("Number 3") < page.index("Number 2")


def test_threads_and_processes_can_store_mails_at_the_same_time(mailbox):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(f"Number {number}"), range(40)))

    assert len(list(mailbox.glob("*.eml"))) == len(list(mailbox.iterdir())) == 40


def test_an_empty_mailbox_says_so(client, db, mailbox):
    assert "There are none yet" in client.get("/dev/mail/").text


def test_a_mail_that_was_deleted_is_a_404(client, db, mailbox):
    for name in ("1-abc", "..", "%2e%2e%2fdb"):
        assert client.get(f"/dev/mail/{name}/").status_code == 404
        assert client.get(f"/dev/mail/{name}/html/").status_code == 404


def test_all_recipients_are_shown(show, capsys):
    send(to=["ada@example.com"], cc=["bob@example.com"], bcc=["eve@example.com"])

    assert "E-mail to ada@example.com, bob@example.com, eve@example.com: Hello" in capsys.readouterr().out
    page = Page(show().text)
    assert "To ada@example.com Cc bob@example.com Bcc eve@example.com" in page.text


def test_text_is_escaped_and_only_web_addresses_are_links(show):
    text = 'javascript:alert() <b>bold</b> (https://x.example/a?b=c&d="e") ada@example.com http://y.example.'
    send("<b>Subject</b> é", text)

    page = show().text
    assert "<b>" not in page
    assert "<b>Subject</b> é" in unescape(page)
    assert Page(page).links[-2:] == ["https://x.example/a?b=c&d=", "http://y.example"]


def test_html_runs_no_scripts_and_can_be_framed_by_the_site_only(show):
    send_html("<!doctype html><html><script>alert()</script><a href='https://x.example/'>Open</a>")

    response = show("html/")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';")
    assert "script" not in policy
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    # Before the doctype, it would change how browsers show the page.
    assert response.text.startswith('<!doctype html><base target="_blank">')


def test_a_mail_with_html_only_has_its_link_in_the_terminal(show, capsys):
    mail = EmailMessage("Hello", '<a href="https://x.example/?a=1&amp;b=2">Open</a>', to=["ada@example.com"])
    mail.content_subtype = "html"
    mailer("delivery").send_messages([mail])

    assert capsys.readouterr().out.endswith(" https://x.example/?a=1&b=2\n")
    assert "Text (none) HTML" in Page(show().text).text


def test_the_page_needs_nothing_that_the_policy_forbids(client, db, mailbox, show):
    send_html("<p style='color: red'>Hello</p>", "Hello")

    assert Page(client.get("/dev/mail/").text).forbidden == []
    assert Page(show().text).forbidden == []
    assert "unsafe" not in show().headers["Content-Security-Policy"]


def test_the_status_page_links_to_the_mailbox(client, db, mailbox):
    page = Page(client.get("/").text)

    assert "/dev/mail/" in page.links
    assert "Shown in the mailbox." in page.text


def test_with_a_mail_server_development_has_no_mailbox():
    show = "import django; django.setup(); from apps.pages.mailbox import is_in_use; print(is_in_use())"

    assert run("python", "-c", show, **DEVELOPMENT).stdout == "True\n"
    assert run("python", "-c", show, **DEVELOPMENT, EMAIL_HOST="smtp.example.com").stdout == "False\n"


def test_djangos_send_mail_fills_the_mailbox_in_development(tmp_path):
    code = (
        "import django; django.setup();"
        "from django.conf import settings; from django.core.mail import send_mail;"
        f"settings.MAILERS['delivery']['OPTIONS']['file_path'] = {str(tmp_path)!r};"
        "send_mail('Hello', 'x', None, ['ada@example.com'])"
    )

    done = run("python", "-W", "error::DeprecationWarning", "-c", code, **DEVELOPMENT)

    assert done.stdout == "E-mail to ada@example.com: Hello\n", done.stderr
    assert len(os.listdir(tmp_path)) == 1


def test_git_ignores_the_mailbox():
    show = "from django.conf import settings; print(settings.MAILERS['delivery']['OPTIONS']['file_path'])"
    folder = run("python", "-c", show, **DEVELOPMENT).stdout.strip()

    assert run("git", "check-ignore", f"{folder}/1.eml").returncode == 0


def test_without_debug_there_is_no_mailbox_whatever_the_mailer(mailbox, settings):
    assert module.is_in_use()

    settings.DEBUG = False

    assert not module.is_in_use()
