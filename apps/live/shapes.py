"""Rows as the events that tell of them."""

from apps.live.events import NewNotification
from apps.notifications.models import Notification


def notification_event(row: Notification) -> NewNotification:
    return NewNotification(
        id=row.pk,
        kind=row.kind,
        text=row.text,
        link=row.link,
        created_at=row.created_at.isoformat(),
        read_at=row.read_at.isoformat() if row.read_at else None,
    )
