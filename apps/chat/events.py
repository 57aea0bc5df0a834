"""The events of a room's WebSocket."""

from dataclasses import dataclass
from typing import Annotated

from apps.chat.models import Message
from apps.live.events import Event


@dataclass(frozen=True)
class MessagePosted(Event):
    """A member posted a message, perhaps you."""

    type = "message"
    id: Annotated[int, "its id, higher than those of all earlier messages of the room"]
    author: Annotated[int | None, "the id of its author; null if the account was deleted"]
    name: Annotated[str, "the name of its author"]
    text: Annotated[str, "its text"]
    sent_at: Annotated[str, "when it was posted"]

    @classmethod
    def of(cls, row: Message) -> "MessagePosted":
        return cls(row.pk, row.author_id, row.name, row.text, row.sent_at.isoformat())


@dataclass(frozen=True)
class UserEvent(Event):
    user: Annotated[int, "the id of the member"]
    name: Annotated[str, "the name of the member"]


@dataclass(frozen=True)
class Joined(UserEvent):
    """A member has connected."""

    type = "join"


@dataclass(frozen=True)
class Left(UserEvent):
    """A member has disconnected."""

    type = "leave"


@dataclass(frozen=True)
class IsTyping(UserEvent):
    """A member is typing. Hide it after some seconds without another event."""

    type = "typing"


@dataclass(frozen=True)
class PostMessage(Event):
    """Post a message. It is stored, and comes back as `message`."""

    type = "message"
    text: Annotated[str, "up to 4,000 characters, not blank"]


@dataclass(frozen=True)
class Typing(Event):
    """Report that you are typing, every three seconds at most."""

    type = "typing"
