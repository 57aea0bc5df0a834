"""Events: the JSON messages of the WebSockets. An app declares its own events in its module `events`.

The web process builds events too, so modules with events do not import Channels.
"""

import json
from dataclasses import asdict, dataclass, fields
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from apps.notifications.models import Notification

# The most items in one event, and in one list that a client sends.
MAX_ITEMS = 50
# The most characters in one message of a client. The server drops connections that send more than 64 kB.
MAX_SIZE = 16 * 1024
# The largest primary key that a database stores.
MAX_ID = 2**63 - 1


class CloseCode:
    """Plain numbers: daphne takes no enum."""

    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    RECONNECT = 4408
    LIMIT_EXCEEDED = 4429
    SERVER_ERROR = 4500


class InvalidMessage(Exception):
    """The client gets an `error` event, and the WebSocket stays open."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Event:
    """One message. The annotations describe the fields for the documentation."""

    type: ClassVar[str]

    def as_message(self) -> dict[str, Any]:
        return {"type": self.type, **asdict(self)}


@dataclass(frozen=True)
class Ready(Event):
    """You are signed in, and receive all events from now on."""

    type = "ready"
    user: Annotated[int, "your id"]
    last: Annotated[int, "the newest id, for a later `since`; 0 if there is none"]
    replays: Annotated[list[str], "the types of the events that `since` sends again"]


@dataclass(frozen=True)
class Error(Event):
    """The server rejected your last message."""

    type = "error"
    code: Annotated[str, "`malformed`, `unknown_type`, `invalid`, `too_large` or `too_fast`"]
    message: Annotated[str, "the reason, for people"]


@dataclass(frozen=True)
class Since(Event):
    """Request the events after this one. The answer is `missed`."""

    type = "since"
    id: Annotated[int, "the last id that you know, or 0"]


@dataclass(frozen=True)
class Missed(Event):
    """The events after the id that you sent, oldest first, 50 at most. Ignore the ids that you know."""

    type = "missed"
    items: Annotated[list, "the events"]
    more: Annotated[bool, "whether to send `since` again, with the last of these ids"]


@dataclass(frozen=True)
class NewNotification(Event):
    """A new notification."""

    type = "notification"
    id: Annotated[int, "its id"]
    kind: Annotated[str, "its kind, for programs"]
    text: Annotated[str, "its text"]
    link: Annotated[str, "a link, or empty"]
    created_at: Annotated[str, "when it was created"]
    read_at: Annotated[str | None, "when it was read, or null"]

    @classmethod
    def of(cls, row: Notification) -> "NewNotification":
        read_at = row.read_at.isoformat() if row.read_at else None
        return cls(row.pk, row.kind, row.text, row.link, row.created_at.isoformat(), read_at)


@dataclass(frozen=True)
class Unread(Event):
    """Your unread notifications, newest first, 50 at most. Follows `ready`."""

    type = "unread"
    items: Annotated[list, "`notification` events"]
    total: Annotated[int, "the number of all unread notifications"]


@dataclass(frozen=True)
class NotificationsRead(Event):
    """Notifications were marked as read, by this client or another."""

    type = "read"
    ids: Annotated[list[int] | None, "their ids; null means all"]


@dataclass(frozen=True)
class MarkRead(Event):
    """Mark notifications as read, 50 at most."""

    type = "read"
    ids: Annotated[list[int], "their ids"]


@dataclass(frozen=True)
class MarkAllRead(Event):
    """Mark all notifications as read."""

    type = "read_all"


@dataclass(frozen=True)
class Update(Event):
    """An update for everybody or for you alone. It is not stored."""

    type = "update"
    topic: Annotated[str, "the topic"]
    data: Annotated[dict, "the data of the topic"]


def parse(text: str | None, accepted: tuple[type[Event], ...]) -> Event:
    """The event that a client sent. Raises InvalidMessage."""
    if text and len(text) > MAX_SIZE:
        raise InvalidMessage("too_large", f"A message has {MAX_SIZE} characters at most.")
    try:
        message = json.loads(text or "")
        # JSON may contain half of a surrogate pair, which can be neither stored nor sent.
        json.dumps(message, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise InvalidMessage("malformed", "Send text with JSON in it.") from None
    if not isinstance(message, dict):
        raise InvalidMessage("malformed", "Send an object with a type.")
    events = {event.type: event for event in accepted}
    name = message.pop("type", None)
    if not isinstance(name, str) or name not in events:
        raise InvalidMessage("unknown_type", f"This socket takes {', '.join(events) or 'no messages'}.")
    types = get_type_hints(events[name])
    names = [field.name for field in fields(events[name])]
    if set(message) != set(names) or not all(is_valid(message[field], types[field]) for field in names):
        raise InvalidMessage("invalid", f"{name} takes {' and '.join(names) or 'no fields'}.")
    return events[name](**message)


def is_valid(value: Any, kind: Any) -> bool:
    if get_origin(kind) in (Union, UnionType):
        return any(is_valid(value, option) for option in get_args(kind))
    if get_origin(kind) is list:
        items = isinstance(value, list) and len(value) <= MAX_ITEMS
        return items and all(is_valid(item, *get_args(kind)) for item in value)
    if kind is int:
        return type(value) is int and 0 <= value <= MAX_ID
    return isinstance(value, kind)
