from collections import deque
from typing import Any

from channels.db import database_sync_to_async

from apps.live.consumer import LiveConsumer
from apps.live.events import (
    MAX_ITEMS,
    Event,
    MarkAllRead,
    MarkRead,
    NewNotification,
    NotificationsRead,
    Unread,
    Update,
)
from apps.live.publish import UPDATES_GROUP, notifications_group, user_updates_group
from apps.notifications.models import Notification
from apps.notifications.services import mark_read


class NotificationsConsumer(LiveConsumer):
    """Your notifications."""

    sends = (Unread, NewNotification, NotificationsRead)
    accepts = (MarkRead, MarkAllRead)
    replays = (NewNotification,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Ids that were sent: the database and Redis may both have the same notification.
        self.sent: deque[int] = deque(maxlen=1000)
        # The last id of a `missed` event with more to come.
        self.replayed_until: int | None = None

    def group_names(self) -> list[str]:
        return [notifications_group(self.user.pk)]

    async def on_open(self) -> None:
        events, total = await database_sync_to_async(self.unread)()
        await self.send_event(Unread([event.as_message() for event in events], total))
        self.sent.extend(event.id for event in events)

    async def on_event(self, event: Any) -> None:
        ids = event.ids if isinstance(event, MarkRead) else None
        await database_sync_to_async(mark_read)(user=self.user, ids=ids)

    async def on_check(self) -> None:
        events, _ = await database_sync_to_async(self.unread)()
        for event in reversed(events):
            await self.live_event({"event": event.as_message()})

    async def live_event(self, message: dict[str, Any]) -> None:
        event = message["event"]
        if event["type"] == NewNotification.type:
            if event["id"] in self.sent:
                return
            self.sent.append(event["id"])
        await super().live_event(message)

    def newest_id(self) -> int:
        return self.user.notifications.order_by("-pk").values_list("pk", flat=True).first() or 0

    def unread(self) -> tuple[list[NewNotification], int]:
        unread = self.user.notifications.unread()
        events = [NewNotification.of(row) for row in unread[:MAX_ITEMS]]
        return events, len(events) if len(events) < MAX_ITEMS else unread.count()

    def events_since(self, last_id: int) -> list[Event]:
        own = Notification.objects.filter(user=self.user)
        # The first page looks back a minute, for late commits. Further pages must not, or they never end.
        is_next_page = last_id == self.replayed_until
        rows = own.filter(pk__gt=last_id).order_by("pk") if is_next_page else own.missed_since(last_id)
        events = [NewNotification.of(row) for row in rows[: MAX_ITEMS + 1]]
        self.replayed_until = events[MAX_ITEMS - 1].id if len(events) > MAX_ITEMS else None
        self.sent.extend(event.id for event in events[:MAX_ITEMS])
        return [*events]


class UpdatesConsumer(LiveConsumer):
    """Updates for everybody who is signed in, or for you alone."""

    sends = (Update,)

    def group_names(self) -> list[str]:
        return [UPDATES_GROUP, user_updates_group(self.user.pk)]
