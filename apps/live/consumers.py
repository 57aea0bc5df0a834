from collections import deque
from collections.abc import Iterable
from typing import Any

from channels.db import database_sync_to_async

from apps.live import events, groups
from apps.live.consumer import LiveConsumer
from apps.live.shapes import notification_event
from apps.notifications.models import Notification
from apps.notifications.services import mark_read


class NotificationsConsumer(LiveConsumer):
    socket = events.NOTIFICATIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What comes from the database and what comes live may be the same.
        self.known: deque[int] = deque(maxlen=1000)
        # The last of those that were told as missed, while there are more.
        self.reached: int | None = None

    def listens_to(self) -> list[str]:
        return [groups.news(self.user.pk)]

    async def opened(self) -> None:
        found, total = await database_sync_to_async(self.unread)()
        await self.say(events.Unread(items=[without_type(item) for item in found], total=total))
        self.remember(found)

    async def handle(self, event: Any) -> None:
        match event:
            case events.Read(ids=ids):
                await database_sync_to_async(mark_read)(user=self.user, ids=ids)
            case events.ReadAll():
                await database_sync_to_async(mark_read)(user=self.user)
            case events.Since(id=last):
                found = await database_sync_to_async(self.newer)(last)
                more = len(found) > events.MANY
                found = found[: events.MANY]
                self.reached = found[-1].id if more else None
                await self.say(events.Missed(items=[without_type(item) for item in found], more=more))
                self.remember(found)

    async def live_event(self, message: dict[str, Any]) -> None:
        event = message["event"]
        if event["type"] == events.NewNotification.type:
            if event["id"] in self.known:
                return
            self.known.append(event["id"])
        await super().live_event(message)

    async def catch_up(self) -> None:
        for item in reversed((await database_sync_to_async(self.unread)())[0]):
            await self.live_event({"event": item.as_message()})

    def remember(self, items: Iterable[events.NewNotification]) -> None:
        self.known.extend(item.id for item in items)

    def newest(self) -> int:
        return self.user.notifications.order_by("-pk").values_list("pk", flat=True).first() or 0

    def unread(self) -> tuple[list[events.NewNotification], int]:
        unread = self.user.notifications.unread()
        found = [notification_event(row) for row in unread[: events.MANY]]
        return found, len(found) if len(found) < events.MANY else unread.count()

    def newer(self, last: int) -> list[events.NewNotification]:
        own = Notification.objects.filter(user=self.user)
        # Who goes on has heard what lies before: to look back again would lead round in a circle.
        rows = own.filter(pk__gt=last).order_by("pk") if last == self.reached else own.missed_since(last)
        return [notification_event(row) for row in rows[: events.MANY + 1]]


def without_type(item: events.Event) -> dict[str, Any]:
    return {name: value for name, value in item.as_message().items() if name != "type"}


class UpdatesConsumer(LiveConsumer):
    socket = events.UPDATES

    def listens_to(self) -> list[str]:
        return [groups.UPDATES, groups.updates_for(self.user.pk)]
