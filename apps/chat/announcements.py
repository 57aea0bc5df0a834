from typing import Any

from django.db.models.signals import post_delete

from apps.chat.models import Member, Message
from apps.chat.signals import message_posted
from apps.live import groups
from apps.live.announcements import look
from apps.live.layer import tell


def listen() -> None:
    message_posted.connect(tell_message)
    post_delete.connect(look_after_removal, sender=Member)


def tell_message(message: Message, **signal: Any) -> None:
    # The events take a while to import, and every process starts with this module.
    from apps.chat.shapes import message_event

    tell(groups.room(message.room_id), type="live.event", event=message_event(message).as_message())


def look_after_removal(instance: Member, **signal: Any) -> None:
    look(instance.user_id)
