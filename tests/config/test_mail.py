import logging
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage

from config import mail
from config.logs import LogContext, log_context


def test_the_first_line_of_the_text_is_the_subject(mailoutbox: list[Any]) -> None:
    mail.deliver(to="ada@example.com", template="welcome", context={"link": "https://x.example/"}).result()

    assert mailoutbox[0].subject
    assert mailoutbox[0].subject not in mailoutbox[0].body
    assert mailoutbox[0].alternatives[0].mimetype == "text/html"


def test_a_mail_that_fails_is_an_error_in_the_log_and_nobodys_problem(settings: Any, caplog: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    mail.deliver(to="ada@example.com", template="welcome", context={"link": "https://x.example/"}).result()

    assert [record.getMessage() for record in caplog.records] == ["The mail welcome could not be sent"]


def test_a_mail_belongs_to_the_request_that_asked_for_it(mailoutbox: list[Any], monkeypatch: Any) -> None:
    seen = []
    monkeypatch.setattr(django_mail.EmailMultiAlternatives, "send", lambda message: seen.append(log_context.get()))
    token = log_context.set(LogContext("abc12345"))
    mail.deliver(to="ada@example.com", template="welcome", context={"link": "https://x.example/"}).result()
    log_context.reset(token)

    assert [context and context.request_id for context in seen] == ["abc12345"]


@pytest.mark.django_db
def test_no_mail_is_sent_for_what_was_rolled_back(
    mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        mail.send_mail(to="ada@example.com", template="welcome", link="https://x.example/")

    assert len(callbacks) == 1
    assert mailoutbox == []


def test_without_a_server_production_says_that_a_mail_was_lost_but_not_what_is_in_it(caplog: Any) -> None:
    with caplog.at_level(logging.ERROR):
        mail.Unsent().send_messages([EmailMessage("Set your password", "https://x.example/?token=hush", to=["a@b.c"])])

    assert "EMAIL_HOST is not set" in caplog.text
    assert "hush" not in caplog.text
