"""Everything that goes over the sockets. `python -m apps.live.events` writes it into docs/live.md as tables."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_type_hints

from apps.live import codes

PAGE = Path(__file__).parents[2] / "docs" / "live.md"
HEAD = "The server closes with one of these codes:\n\n"
# What a database's key can hold.
LARGEST = 2**63 - 1
# Of the longest messages, so many still fit into one that every server sends.
MANY = 50


class Refused(Exception):
    """A message that is not understood: its sender is told why, and may go on."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Event:
    type: ClassVar[str]

    def as_message(self) -> dict[str, Any]:
        return {"type": self.type, **asdict(self)}


@dataclass(frozen=True)
class Ready(Event):
    """You are signed in, and hear everything from now on."""

    type = "ready"
    user: Annotated[int, "your id"]
    last: Annotated[int, "the newest one there is, to ask `since` with later; 0 if none"]


@dataclass(frozen=True)
class Error(Event):
    """Your last message was not taken."""

    type = "error"
    code: Annotated[str, "`malformed`, `unknown_type`, `invalid`, `too_large` or `too_fast`"]
    message: Annotated[str, "the same for people"]


@dataclass(frozen=True)
class Unread(Event):
    """Comes after `ready`: your unread notifications, newest first, 50 at most."""

    type = "unread"
    items: Annotated[list, "as `notification` without its `type`"]
    total: Annotated[int, "how many there are"]


@dataclass(frozen=True)
class Missed(Event):
    """What came after the one you asked with, oldest first, 50 at most. Some you may know already: look at the ids."""

    type = "missed"
    items: Annotated[list, "as they would have come, without `type`"]
    more: Annotated[bool, "whether to ask again, with the last of these"]


@dataclass(frozen=True)
class NewNotification(Event):
    """A notification has come."""

    type = "notification"
    id: Annotated[int, "its id"]
    kind: Annotated[str, "what it is about, for programs"]
    text: Annotated[str, "what it says"]
    link: Annotated[str, "where to look, or empty"]
    created_at: Annotated[str, "when it came"]
    read_at: Annotated[str | None, "when it was read, or null"]


@dataclass(frozen=True)
class WereRead(Event):
    """Notifications were marked as read, here or elsewhere."""

    type = "read"
    ids: Annotated[list[int] | None, "which ones; null means all"]


@dataclass(frozen=True)
class Read(Event):
    """Mark some as read, 50 at most."""

    type = "read"
    ids: Annotated[list[int], "which ones"]


@dataclass(frozen=True)
class ReadAll(Event):
    """Mark all as read."""

    type = "read_all"


@dataclass(frozen=True)
class Since(Event):
    """Ask for what you missed; `missed` is the answer."""

    type = "since"
    id: Annotated[int, "the last one you know, or 0"]


@dataclass(frozen=True)
class ChatMessage(Event):
    """Somebody wrote something, perhaps you."""

    type = "message"
    id: Annotated[int, "its id, higher than that of all before it in this room"]
    author: Annotated[int | None, "the id of who wrote it; null when that account is gone"]
    name: Annotated[str, "how its author is called"]
    text: Annotated[str, "what it says"]
    sent_at: Annotated[str, "when"]


@dataclass(frozen=True)
class Joined(Event):
    """Somebody has come."""

    type = "join"
    user: Annotated[int, "the id of who it is"]
    name: Annotated[str, "how they are called"]


@dataclass(frozen=True)
class Left(Event):
    """Somebody has gone."""

    type = "leave"
    user: Annotated[int, "the id of who it is"]
    name: Annotated[str, "how they are called"]


@dataclass(frozen=True)
class IsTyping(Event):
    """Somebody is writing. Forget it after some seconds without another one."""

    type = "typing"
    user: Annotated[int, "the id of who it is"]
    name: Annotated[str, "how they are called"]


@dataclass(frozen=True)
class Write(Event):
    """Write something. It is stored, and comes back as `message`."""

    type = "message"
    text: Annotated[str, "up to 4,000 characters, not blank"]


@dataclass(frozen=True)
class Typing(Event):
    """Say that you are writing; every three seconds is often enough."""

    type = "typing"


@dataclass(frozen=True)
class Update(Event):
    """Something for everybody to know, or for you alone. It is not stored."""

    type = "update"
    topic: Annotated[str, "what it is about"]
    data: Annotated[dict, "whatever belongs to the topic"]


@dataclass(frozen=True)
class Socket:
    path: str
    what: str
    sends: tuple[type[Event], ...]
    takes: tuple[type[Event], ...] = ()


NOTIFICATIONS = Socket(
    "/ws/notifications/",
    "What one person should know.",
    (Ready, Unread, NewNotification, WereRead, Missed, Error),
    (Read, ReadAll, Since),
)
CHAT = Socket(
    "/ws/chat/{room_id}/",
    "A room, for its members.",
    (Ready, ChatMessage, Joined, Left, IsTyping, Missed, Error),
    (Write, Typing, Since),
)
UPDATES = Socket("/ws/updates/", "News for everybody who is signed in, or for you alone.", (Ready, Update, Error))


def understood(text: str | None, takes: tuple[type[Event], ...]) -> Event:
    """What a client sent, if it is something that this socket takes."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        raise Refused("malformed", "Send text with JSON in it.") from None
    if not isinstance(message, dict):
        raise Refused("malformed", "Send an object with a type.")
    known = {event.type: event for event in takes}
    wanted = message.pop("type", None)
    if not isinstance(wanted, str) or wanted not in known:
        raise Refused("unknown_type", f"This socket takes {', '.join(known) or 'no messages'}.")
    types = get_type_hints(known[wanted])
    names = [item.name for item in fields(known[wanted])]
    if set(message) != set(names) or not all(fits(message[name], types[name]) for name in names):
        raise Refused("invalid", f"{wanted} takes {' and '.join(names) or 'nothing else'}.")
    return known[wanted](**message)


def fits(value: Any, kind: Any) -> bool:
    if kind == list[int]:
        return isinstance(value, list) and len(value) <= MANY and all(fits(item, int) for item in value)
    if kind is int:
        return type(value) is int and 0 <= value <= LARGEST
    return isinstance(value, str)


def as_tables() -> str:
    parts = [as_codes()]
    for socket in (NOTIFICATIONS, CHAT, UPDATES):
        parts.append(f"## `{socket.path}`\n\n{socket.what}\n")
        for heading, events in (("it sends", socket.sends), ("it takes", socket.takes)):
            if events:
                rows = [f"| {heading} | what it means | fields |", "|---|---|---|"]
                parts.append("\n".join([*rows, *map(as_row, events)]) + "\n")
    return "\n".join(parts)


def as_codes() -> str:
    rows = [f"| {code} | {meaning} |" for code, meaning in codes.MEANINGS.items()]
    return "\n".join(["| code | what it means |", "|---|---|", *rows]) + "\n"


def as_row(event: type[Event]) -> str:
    hints = get_type_hints(event, include_extras=True)
    cells = [f"`{item.name}` ({hints[item.name].__metadata__[0]})" for item in fields(event)]
    return f"| `{event.type}` | {event.__doc__} | {', '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().partition(HEAD)[0] + HEAD + as_tables())
