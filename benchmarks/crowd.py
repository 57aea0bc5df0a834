"""Sockets of this site, and what is said to all of them: for teller.py."""

from apps.accounts.models import User
from apps.accounts.tokens import issue_tokens
from apps.live.middleware import MAX_SOCKETS
from apps.live.publish import broadcast

FIRST = "ready"


def paths(count: int) -> list[str]:
    """As many to one user as one may have."""
    people = User.objects.order_by("pk")[: -(-count // MAX_SOCKETS)]
    tokens = [issue_tokens(user=user)["access"] for user in people]
    return [f"/ws/updates/?token={tokens[number % len(tokens)]}" for number in range(count)]


def tell(number: int) -> None:
    broadcast("benchmark", number=number)
