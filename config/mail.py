"""Mail is sent in the background, so that no request waits for the mail server.

`send_mail` renders a template and uses Django's mail API. The mailer "default" in `MAILERS` decides how messages leave
the process, "delivery" is the backend that really sends them; so Django's own `send_mail` works the same way.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

import django
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections, transaction
from django.template.loader import render_to_string, select_template
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

# Python runs queued work before the process ends.
pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def send_mail(*, to: str, template: str, **context: Any) -> None:
    """Send `mail/<template>.txt` after the transaction. Its first line is the subject.

    The HTML version has the same text in `mail/base.html`, or in `mail/<template>.html` if there is one.
    """
    transaction.on_commit(partial(send_from_template, to=to, template=template, context=context))


def in_background(function: Callable[..., None], **arguments: Any) -> None:
    """Call a function that sends mail after the transaction, in a thread if mail is sent in the background.

    So a response takes the same time, whatever the function finds in the database.
    """

    def submit() -> None:
        if isinstance(mailer(), BackgroundBackend):
            pool.submit(copy_context().run, call_and_log, function, arguments)
        else:
            function(**arguments)

    transaction.on_commit(submit)


def call_and_log(function: Callable[..., None], arguments: dict[str, Any]) -> None:
    try:
        function(**arguments)
    except Exception:
        logger.exception("A mail could not be sent")
    finally:
        connections.close_all()


def send_from_template(*, to: str, template: str, context: dict[str, Any]) -> None:
    context = {"site_name": settings.SITE_NAME, **context}
    subject, _, text = render_to_string(f"mail/{template}.txt", context).partition("\n")
    message = EmailMultiAlternatives(subject, text.strip() + "\n", to=[to])
    layout = select_template([f"mail/{template}.html", "mail/base.html"])
    message.attach_alternative(layout.render({**context, "paragraphs": text.strip().split("\n\n")}), "text/html")
    message.send()


def mailer(alias: str = "default", **options: Any) -> Any:
    """`django.core.mail.mailers[alias]`, which Django has since 6.1. EMAIL_BACKEND names it on older versions."""
    if django.VERSION >= (6, 1):
        from django.core.mail import mailers

        return mailers[alias]
    configured = settings.MAILERS[alias]
    return import_string(configured["BACKEND"])(**configured.get("OPTIONS", {}), **options)


class BackgroundBackend(BaseEmailBackend):
    """Delivers messages in a background thread. A failure is logged and does not affect the request."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            pool.submit(copy_context().run, deliver_and_log, message)
        return len(email_messages)


def deliver_and_log(message: Any) -> None:
    try:
        mailer("delivery").send_messages([message])
    except Exception:
        logger.exception("The mail %r could not be sent", message.subject)


class MissingHostBackend(BaseEmailBackend):
    """For production without EMAIL_HOST: logs that a mail was not sent, without its content, which may be secret."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            logger.error("The mail %r was not sent: EMAIL_HOST is not set", message.subject)
        return 0
