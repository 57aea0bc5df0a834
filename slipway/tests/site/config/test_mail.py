import logging
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from config import mail
from config.logs import LogContext, log_context
from tests.commands import PRODUCTION, run


class RecordingBackend(BaseEmailBackend):
    """Records messages with their request id. Fails for the subject "fail"."""

    sent: list[Any] = []
    done = Event()

    def send_messages(self, email_messages: Any) -> int:
        context = log_context.get()
        self.sent.append((email_messages[0].subject, context and context.request_id))
        self.done.set()
        if email_messages[0].subject == "fail":
            raise OSError("refused")
        return 1


@pytest.fixture
def delivered(settings: Any) -> list[tuple[str, str | None]]:
    settings.MAILERS = {
        **settings.MAILERS,
        "delivery": {"BACKEND": "slipway.tests.site.config.test_mail.RecordingBackend"},
    }
    RecordingBackend.sent.clear()
    RecordingBackend.done.clear()
    return RecordingBackend.sent


def test_the_first_line_of_the_text_is_the_subject(mailoutbox: list[Any]) -> None:
    mail.send_from_template(to="ada@example.com", template="already_registered", context={"link": "https://x.example/"})

    assert mailoutbox[0].subject
    assert mailoutbox[0].subject not in mailoutbox[0].body
    assert mailoutbox[0].alternatives[0][1] == "text/html"


@pytest.mark.django_db
def test_no_mail_is_sent_after_a_rollback(mailoutbox: list[Any], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        mail.send_mail(to="ada@example.com", template="already_registered", link="https://x.example/")

    assert len(callbacks) == 1
    assert mailoutbox == []


def test_a_background_thread_delivers_with_the_request_id(delivered: list[Any]) -> None:
    token = log_context.set(LogContext("abc12345"))
    mail.BackgroundBackend().send_messages([EmailMessage("Hello", to=["ada@example.com"])])
    log_context.reset(token)

    assert RecordingBackend.done.wait(10)
    assert delivered == [("Hello", "abc12345")]


def test_a_failed_mail_is_logged_and_raises_nothing(delivered: list[Any], caplog: Any) -> None:
    mail.deliver_and_log(EmailMessage("fail", to=["ada@example.com"]))

    assert [record.getMessage() for record in caplog.records] == ["The mail 'fail' could not be sent"]


def test_djangos_send_mail_uses_the_background_too_and_needs_a_mail_server_in_production() -> None:
    send = "from django.core.mail import send_mail; send_mail('Password', 'token=hush', None, ['ada@example.com'])"
    done = run(
        "python", "-W", "error::DeprecationWarning", "-c", f"import django; django.setup(); {send}", **PRODUCTION
    )

    assert done.returncode == 0, done.stderr
    assert "The mail 'Password' was not sent: EMAIL_HOST is not set" in done.stderr
    assert "hush" not in done.stderr


def test_the_content_of_an_unsent_mail_is_not_logged(caplog: Any) -> None:
    with caplog.at_level(logging.ERROR):
        mail.MissingHostBackend().send_messages([EmailMessage("Set your password", "?token=hush", to=["a@b.c"])])

    assert "EMAIL_HOST is not set" in caplog.text
    assert "hush" not in caplog.text


def test_a_mail_may_have_its_own_html(mailoutbox: list[Any], settings: Any, tmp_path: Path) -> None:
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/already_registered.html").write_text("<p>{{ link }}</p>")

    mail.send_from_template(to="ada@example.com", template="already_registered", context={"link": "https://x.example/"})

    assert mailoutbox[0].alternatives[0][0] == "<p>https://x.example/</p>"
