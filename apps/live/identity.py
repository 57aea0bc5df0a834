"""Who opens a socket, and whether they still may have it."""

import time
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.http import parse_cookie
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError

from apps.accounts.models import SignIn, User
from apps.live.tickets import redeem_ticket


@dataclass(frozen=True)
class Identity:
    """A user, and what the right to be heard hangs on."""

    user: User
    # Changes with the password.
    stamp: str
    sign_in: Any = None
    session_key: str = ""
    # Seconds since 1970, for an access token.
    expires_at: float = float("inf")

    @property
    def holds(self) -> bool:
        """Asks the database whether all that is still so."""
        user = User.objects.filter(pk=self.user.pk, is_active=True).first()
        if time.time() >= self.expires_at or not user or user.get_session_auth_hash() != self.stamp:
            return False
        if self.sign_in and not SignIn.objects.open().filter(pk=self.sign_in).exists():
            return False
        return not self.session_key or SESSION_KEY in sessions()(self.session_key)


def identify(query: bytes, headers: dict[bytes, bytes], *, cookies: bool) -> Identity | None:
    """A ticket or a token in the address, else a session's cookie; that one only where the page's origin is known."""
    given = {name: values[-1] for name, values in parse_qs(query.decode("latin-1")).items()}
    if "ticket" in given:
        return by_ticket(given["ticket"])
    if "token" in given:
        return by_token(given["token"])
    return by_cookie(headers.get(b"cookie", b"").decode("latin-1")) if cookies else None


def by_ticket(ticket: str) -> Identity | None:
    found = redeem_ticket(ticket)
    if not found or not found.user.is_active:
        return None
    user = found.user
    return Identity(user, user.get_session_auth_hash(), sign_in=found.sign_in_id, session_key=found.session_key)


def by_token(token: str) -> Identity | None:
    """simplejwt looks at the signature, the time, the user and the password."""
    scheme = JWTAuthentication()
    try:
        claims = scheme.get_validated_token(token.encode())
        user = cast(User, scheme.get_user(claims))
    except (AuthenticationFailed, TokenError, ValueError, RecursionError):
        return None
    return Identity(user, user.get_session_auth_hash(), expires_at=claims["exp"])


def by_cookie(cookie: str) -> Identity | None:
    key = parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME, "")
    if not key:
        return None
    user = get_user(cast(Any, SimpleNamespace(session=sessions()(key))))
    if not isinstance(user, User) or not user.is_active:
        return None
    return Identity(user, user.get_session_auth_hash(), session_key=key)


def sessions() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore
