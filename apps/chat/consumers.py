from collections import Counter
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError

from apps.chat.models import Member, Message, Room
from apps.chat.names import called
from apps.chat.services import post_message
from apps.chat.shapes import message_event
from apps.live import codes, events, groups
from apps.live.consumer import LiveConsumer
from apps.live.consumers import without_type
from apps.live.events import Event, Refused


class ChatConsumer(LiveConsumer):
    """One room for each socket."""

    socket = events.CHAT
    # A second tab is no second person.
    present: ClassVar[Counter[tuple[int, int]]] = Counter()
    is_present = False

    @property
    def room_id(self) -> int:
        return self.scope["url_route"]["kwargs"]["room_id"]

    def listens_to(self) -> list[str]:
        return [groups.room(self.room_id)]

    def ending(self) -> int | None:
        if code := super().ending():
            return code
        is_member = Member.objects.filter(room=self.room_id, user=self.user).exists()
        return None if is_member else codes.NOT_A_MEMBER

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.is_present:
                self.present[self.seat] -= 1

    @property
    def seat(self) -> tuple[int, int]:
        return self.room_id, self.user.pk

    async def opened(self) -> None:
        self.is_present = True
        self.present[self.seat] += 1
        if self.present[self.seat] == 1:
            await self.tell_room(events.Joined(user=self.user.pk, name=called(self.user)))

    async def disconnect(self, code: int) -> None:
        if self.is_present and self.present[self.seat] == 1:
            await self.tell_room(events.Left(user=self.user.pk, name=called(self.user)))

    async def handle(self, event: Any) -> None:
        match event:
            case events.Write(text=text):
                await database_sync_to_async(self.post)(text)
            case events.Typing():
                await self.tell_room(events.IsTyping(user=self.user.pk, name=called(self.user)))
            case events.Since(id=last):
                found = await database_sync_to_async(self.newer)(last)
                items = [without_type(message_event(row)) for row in found[: events.MANY]]
                await self.say(events.Missed(items=items, more=len(found) > events.MANY))

    async def tell_room(self, event: Event) -> None:
        message = {"type": "live.event", "event": event.as_message()}
        await self.channel_layer.group_send(groups.room(self.room_id), message)

    def post(self, text: str) -> None:
        # Between two looks, somebody may have been removed.
        room = Room.objects.of(self.user).filter(pk=self.room_id).first()
        if not room:
            raise Refused("invalid", "You are not a member of this room any more.")
        try:
            post_message(room=room, author=self.user, text=text)
        except ValidationError as error:
            raise Refused("invalid", " ".join(error.messages)) from None

    def newest(self) -> int:
        return Message.objects.filter(room=self.room_id).values_list("pk", flat=True).first() or 0

    def newer(self, last: int) -> list[Message]:
        rows = Message.objects.filter(room=self.room_id, pk__gt=last).select_related("author").order_by("pk")
        return list(rows[: events.MANY + 1])
