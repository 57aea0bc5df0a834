"""How mail leaves the site: after the answer to the request, so that nobody waits for it or learns from the wait."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

# Two at a time are plenty. Python finishes what is queued before the process ends.
pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


def send_mail(*, to: str, template: str, **context: Any) -> None:
    """Send `mail/<template>.txt`, whose first line is the subject, and `.html`, once the data they tell of is stored.

    They are rendered in another thread: give them plain values, not objects that ask the database.
    """
    transaction.on_commit(partial(deliver, to=to, template=template, context=context))


def deliver(**mail: Any) -> Future[None]:
    return pool.submit(copy_context().run, partial(try_to_send, **mail))


def try_to_send(**mail: Any) -> None:
    """A mail that fails must not fail anybody's request: it is an error of its own, and logged as one."""
    try:
        send_now(**mail)
    except Exception:
        logger.exception("The mail %s could not be sent", mail["template"])


def send_now(*, to: str, template: str, context: dict[str, Any]) -> None:
    context = {"site_name": settings.SITE_NAME, **context}
    subject, _, text = render_to_string(f"mail/{template}.txt", context).partition("\n")
    message = EmailMultiAlternatives(subject, text.strip() + "\n", to=[to])
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    message.send()


class Unsent(BaseEmailBackend):
    """Production without EMAIL_HOST: says that a mail was lost, but nothing of what is in it."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            logger.error("The mail %r was not sent: EMAIL_HOST is not set", message.subject)
        return 0
