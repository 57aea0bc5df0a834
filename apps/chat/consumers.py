from collections import Counter
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError

from apps.chat.events import IsTyping, Joined, Left, MessagePosted, PostMessage, Typing
from apps.chat.models import Member, Message, Room, display_name
from apps.chat.services import post_message, room_group
from apps.live.consumer import LiveConsumer
from apps.live.events import MAX_ITEMS, CloseCode, Event, InvalidMessage


class ChatConsumer(LiveConsumer):
    """A room, for its members."""

    sends = (MessagePosted, Joined, Left, IsTyping)
    accepts = (PostMessage, Typing)
    replays = (MessagePosted,)

    # The WebSockets of each room and user in this process: a second tab does not join again.
    connected: ClassVar[Counter[tuple[int, int]]] = Counter()
    is_counted = False

    @property
    def room_id(self) -> int:
        return self.scope["url_route"]["kwargs"]["room_id"]

    @property
    def key(self) -> tuple[int, int]:
        return self.room_id, self.user.pk

    def group_names(self) -> list[str]:
        return [room_group(self.room_id)]

    def close_code(self) -> int | None:
        if code := super().close_code():
            return code
        is_member = Member.objects.filter(room=self.room_id, user=self.user).exists()
        return None if is_member else CloseCode.FORBIDDEN

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.is_counted:
                self.connected[self.key] -= 1
                if not self.connected[self.key]:
                    del self.connected[self.key]

    async def on_open(self) -> None:
        self.is_counted = True
        self.connected[self.key] += 1
        if self.connected[self.key] == 1:
            await self.send_to_room(Joined(self.user.pk, display_name(self.user)))

    async def disconnect(self, code: int) -> None:
        if self.is_counted and self.connected[self.key] == 1:
            await self.send_to_room(Left(self.user.pk, display_name(self.user)))

    async def on_event(self, event: Any) -> None:
        if isinstance(event, PostMessage):
            await database_sync_to_async(self.post)(event.text)
        else:
            await self.send_to_room(IsTyping(self.user.pk, display_name(self.user)))

    async def send_to_room(self, event: Event) -> None:
        message = {"type": "live.event", "event": event.as_message()}
        await self.channel_layer.group_send(room_group(self.room_id), message)

    def post(self, text: str) -> None:
        # The membership may have ended since the last check.
        room = Room.objects.of(self.user).filter(pk=self.room_id).first()
        if not room:
            raise InvalidMessage("invalid", "You are not a member of this room any more.")
        try:
            post_message(room=room, author=self.user, text=text)
        except ValidationError as error:
            raise InvalidMessage("invalid", " ".join(error.messages)) from None

    def newest_id(self) -> int:
        return Message.objects.filter(room=self.room_id).values_list("pk", flat=True).first() or 0

    def events_since(self, last_id: int) -> list[Event]:
        rows = Message.objects.filter(room=self.room_id, pk__gt=last_id).select_related("author").order_by("pk")
        return [MessagePosted.of(row) for row in rows[: MAX_ITEMS + 1]]
