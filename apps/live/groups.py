"""What groups of sockets are called. Their names are known to those who send, too, which don't import Channels."""

UPDATES = "updates"


def person(user_id: int) -> str:
    """All sockets of one user."""
    return f"person.{user_id}"


def news(user_id: int) -> str:
    """Those that show the user's notifications."""
    return f"news.{user_id}"


def updates_for(user_id: int) -> str:
    """Those on which the user hears what is said to them alone, and not stored."""
    return f"updates.{user_id}"


def room(room_id: int) -> str:
    return f"room.{room_id}"
