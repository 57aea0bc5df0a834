"""Tickets: how a page that signed in at the web's host opens a socket at another host, where its cookie is unknown."""

import secrets
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import SignIn, User
from apps.live.models import Ticket


def issue_ticket(*, user: User, sign_in: SignIn | None = None, session_key: str = "") -> str:
    user.tickets.expired().delete()
    ticket = secrets.token_urlsafe(32)
    Ticket.objects.create(digest=digest(ticket), user=user, sign_in=sign_in, session_key=session_key)
    return ticket


def redeem_ticket(ticket: str) -> Ticket | None:
    """Who comes first gets it: of two transactions that delete a row, one finds nothing."""
    with transaction.atomic():
        found = Ticket.objects.select_related("user").filter(digest=digest(ticket)).first()
        if not found or not Ticket.objects.filter(digest=found.digest).delete()[0]:
            return None
    return found if found.expires_at > timezone.now() else None


def forget_expired_tickets(**signal: Any) -> int:
    """What was asked for and never used."""
    return Ticket.objects.expired().delete()[0]


def digest(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()
