"""Connects the site's signals with the WebSockets: the apps that send them do not know of WebSockets."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.accounts.models import SignIn, User
from apps.live.events import NewNotification, NotificationsRead
from apps.live.publish import check_access, notifications_group, publish
from apps.notifications.models import Notification
from apps.notifications.signals import marked_read, notified

# Celery
from apps.tasks.signals import flush


@receiver(notified)
def publish_notification(notification: Notification, **kwargs: Any) -> None:
    publish(notifications_group(notification.user_id), NewNotification.of(notification))


@receiver(marked_read)
def publish_read(user: User, ids: Collection[int] | None, **kwargs: Any) -> None:
    publish(notifications_group(user.pk), NotificationsRead(ids=None if ids is None else list(ids)))


@receiver(post_save, sender=User)
def check_saved_user(instance: User, created: bool, update_fields: Collection[str] | None, **kwargs: Any) -> None:
    """Other fields, such as the time of the last sign-in, close no WebSocket."""
    if not created and (update_fields is None or {"is_active", "password"} & set(update_fields)):
        check_access(instance.pk)


@receiver(post_delete, sender=User)
def check_deleted_user(instance: User, **kwargs: Any) -> None:
    check_access(instance.pk)


@receiver([post_save, post_delete], sender=SignIn)
def check_sign_in(instance: SignIn, **kwargs: Any) -> None:
    """A refresh closes no WebSocket."""
    if not kwargs.get("created") and "used_at" not in (kwargs.get("update_fields") or ()):
        check_access(instance.user_id)


@receiver(user_logged_out)
def check_signed_out_user(user: User | None, **kwargs: Any) -> None:
    if user:
        check_access(user.pk)


# Celery
@receiver(flush)
def delete_expired_tickets(**kwargs: Any) -> int:
    from apps.live.models import Ticket

    return Ticket.objects.expired().delete()[0]
