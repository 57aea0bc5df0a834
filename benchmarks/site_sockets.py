"""The WebSockets of this site that message_sender.py measures."""

from apps.accounts.models import User
from apps.accounts.tokens import issue_tokens
from apps.live.middleware import MAX_SOCKETS
from apps.live.publish import broadcast

READY = "ready"


def paths(count: int) -> list[str]:
    """Use as few users as the limit of sockets per user allows."""
    users = User.objects.order_by("pk")[: -(-count // MAX_SOCKETS)]
    tokens = [issue_tokens(user=user)["access"] for user in users]
    return [f"/ws/updates/?token={tokens[number % len(tokens)]}" for number in range(count)]


def send(number: int) -> None:
    broadcast("benchmark", number=number)
