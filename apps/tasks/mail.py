"""Sends mail by a Celery task, which tries again and survives the end of this process."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from apps.tasks.queue import worker_is_running
from config.mail import BackgroundBackend, mailer

FIELDS = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to", "content_subtype")


class TaskBackend(BackgroundBackend):
    """Without a running worker, mail is sent by a background thread."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        if settings.CELERY_TASK_ALWAYS_EAGER or not worker_is_running():
            return super().send_messages(email_messages)
        from kombu.exceptions import OperationalError

        from apps.tasks.tasks import deliver_mail

        for message in email_messages:
            # Messages of a subclass, and attached MIME objects, cannot be sent as JSON.
            if type(message) not in (EmailMessage, EmailMultiAlternatives) or not has_plain_attachments(message):
                super().send_messages([message])
                continue
            try:
                deliver_mail.delay(**to_arguments(message))
            except OperationalError:
                super().send_messages([message])
        return len(email_messages)


def has_plain_attachments(message: EmailMessage) -> bool:
    return all(isinstance(attachment, tuple) for attachment in message.attachments)


def to_arguments(message: EmailMessage) -> dict[str, Any]:
    fields = {name: getattr(message, name) for name in FIELDS}
    return {
        **fields,
        # They may be lazy translations.
        "subject": str(message.subject),
        "body": str(message.body),
        "headers": {name: str(value) for name, value in message.extra_headers.items()},
        "attachments": [tuple(attachment) for attachment in message.attachments],
        "alternatives": [tuple(alternative) for alternative in getattr(message, "alternatives", [])],
    }


def deliver(*, content_subtype: str, alternatives: list[Any], attachments: list[Any], **fields: Any) -> None:
    message = EmailMultiAlternatives(**fields)
    message.content_subtype = content_subtype
    for content, mimetype in alternatives:
        message.attach_alternative(content, mimetype)
    for attachment in attachments:
        message.attach(*attachment)
    mailer("delivery").send_messages([message])
