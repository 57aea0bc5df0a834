"""Who opens a WebSocket, from which page, and whether the access is still valid."""

import time
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, parse_cookie
from django.http.request import validate_host
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.exceptions import TokenError

from apps.accounts.authentication import SignInAuthentication
from apps.accounts.models import SignIn, User
from apps.accounts.tokens import CLAIM
from apps.live.models import Ticket


@dataclass(frozen=True)
class Credentials:
    """A user, and what the access of the WebSocket depends on."""

    user: User
    # Changes with the password.
    session_hash: str
    sign_in: Any = None
    session_key: str = ""
    # For an access token, as a Unix time.
    expires_at: float = float("inf")

    def are_valid(self) -> bool:
        """Queries the database, but not for an expired token: it ends during an outage too."""
        if time.time() >= self.expires_at:
            return False
        user = User.objects.filter(pk=self.user.pk, is_active=True).first()
        if not user or user.get_session_auth_hash() != self.session_hash:
            return False
        if self.sign_in and not SignIn.objects.active().filter(pk=self.sign_in).exists():
            return False
        return not self.session_key or SESSION_KEY in session_store()(self.session_key)


def authenticate(query: bytes, headers: dict[bytes, bytes], *, cookies: bool) -> Credentials | None:
    """By `?ticket=`, by `?token=`, or by the session cookie if `cookies` is true."""
    values = {name: found[-1] for name, found in parse_qs(query.decode("latin-1")).items()}
    if "ticket" in values:
        return by_ticket(values["ticket"])
    if "token" in values:
        return by_token(values["token"])
    return by_cookie(headers.get(b"cookie", b"").decode("latin-1")) if cookies else None


def by_ticket(value: str) -> Credentials | None:
    ticket = Ticket.objects.redeem(value)
    if not ticket or not ticket.user.is_active:
        return None
    session_hash = ticket.user.get_session_auth_hash()
    return Credentials(ticket.user, session_hash, sign_in=ticket.sign_in_id, session_key=ticket.session_key)


def by_token(value: str) -> Credentials | None:
    """As the API does. The WebSocket is closed when the token expires or its sign-in ends."""
    backend = SignInAuthentication()
    try:
        token = backend.get_validated_token(value.encode())
        user = cast(User, backend.get_user(token))
    except (AuthenticationFailed, TokenError, ValueError, RecursionError):
        return None
    return Credentials(user, user.get_session_auth_hash(), sign_in=token.get(CLAIM), expires_at=token["exp"])


def by_cookie(cookie: str) -> Credentials | None:
    key = parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME, "")
    if not key:
        return None
    user = get_user(cast(Any, SimpleNamespace(session=session_store()(key))))
    if not isinstance(user, User) or not user.is_active:
        return None
    return Credentials(user, user.get_session_auth_hash(), session_key=key)


def session_store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def is_allowed_origin(origin: str) -> bool:
    """Pages of this site and of the frontends in the settings may connect. Browsers let any page try."""
    frontend = urlsplit(settings.FRONTEND_URL)
    named = {settings.SITE_URL, f"{frontend.scheme}://{frontend.netloc}", *settings.CORS_ALLOWED_ORIGINS}
    if origin in named - {"", "://"}:
        return True
    try:
        address = urlsplit(origin)
        host = address.hostname or ""
    except ValueError:
        return False
    # ALLOWED_HOSTS has IPv6 addresses in brackets.
    host = f"[{host}]" if ":" in host else host
    return address.scheme in ("http", "https") and validate_host(host, settings.ALLOWED_HOSTS)


def passes_csrf_check(scope: dict[str, Any]) -> bool:
    """Whether a form of this page may post to this host, by the origin check of Django's CSRF middleware."""
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    request = ASGIRequest({**scope, "method": "POST", "scheme": scheme}, BytesIO())
    return CsrfViewMiddleware(lambda request: HttpResponse())._origin_verified(request)  # type: ignore[attr-defined]
