"""What happens elsewhere in the site, told to the sockets it concerns. By signals: nothing there knows of sockets."""

from collections.abc import Collection
from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from apps.accounts.models import SignIn, User
from apps.live import groups
from apps.live.layer import tell
from apps.notifications.models import Notification
from apps.notifications.signals import marked_read, notified

# Saving something else about a user, such as the time of a sign-in, ends no socket.
VITAL = {"is_active", "password"}


def listen() -> None:
    notified.connect(tell_notification)
    marked_read.connect(tell_read)
    post_save.connect(look_after_saving, sender=User)
    post_delete.connect(look_after_deletion, sender=User)
    post_save.connect(look_after_sign_in, sender=SignIn)
    post_delete.connect(look_after_sign_in, sender=SignIn)
    user_logged_out.connect(look_after_sign_out)


def tell_notification(notification: Notification, **signal: Any) -> None:
    # The events take a while to import, and every process starts with this module.
    from apps.live.shapes import notification_event

    event = notification_event(notification).as_message()
    tell(groups.news(notification.user_id), type="live.event", event=event)


def tell_read(user: User, ids: Collection[int] | None, **signal: Any) -> None:
    from apps.live.events import WereRead

    event = WereRead(ids=None if ids is None else list(ids)).as_message()
    tell(groups.news(user.pk), type="live.event", event=event)


def look_after_saving(instance: User, created: bool, update_fields: Collection[str] | None, **signal: Any) -> None:
    if not created and (update_fields is None or VITAL & set(update_fields)):
        look(instance.pk)


def look_after_deletion(instance: User, **signal: Any) -> None:
    look(instance.pk)


def look_after_sign_in(instance: SignIn, **signal: Any) -> None:
    if signal.get("created") or signal.get("update_fields") == {"used_at"}:
        return
    look(instance.user_id)


def look_after_sign_out(user: Any, **signal: Any) -> None:
    if user:
        look(user.pk)


def look(user_id: int | None) -> None:
    """Have all sockets of a user look whether they may stay."""
    if user_id:
        transaction.on_commit(partial(tell, groups.person(user_id), type="look.now"), robust=True)
