"""Codes and passkeys as the second factor of a sign-in with tokens."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.tokens import SECOND_FACTOR_AGE


def check(*, request: HttpRequest, user: User, code: str = "", credential: Any = None, challenge: Any = None) -> bool:
    """Check a code, or the answer of a passkey to the challenge. Failures count for the lockout."""
    credentials = {"username": user.email}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise Throttled(detail="Too many attempts. Try again later.")
    if credential:
        is_valid = use_passkey(request=request, user=user, challenge=challenge, credential=credential)
    else:
        is_valid = services.use_second_factor(user=user, code=code)
    if not is_valid:
        user_login_failed.send(__name__, credentials=credentials, request=request)
    return is_valid


# The module of allauth imports fido2 and cryptography: only processes that check passkeys need them.


def begin_passkey(*, request: HttpRequest, user: User) -> tuple[Any, Any]:
    """Return a challenge, and the options for the browser."""
    from allauth.mfa.webauthn.internal import auth

    # allauth keeps the challenge in the session. A dict is never saved.
    session: Any = {}
    request.session = session
    options = auth.begin_authentication(user)
    return session[auth.STATE_SESSION_KEY], options


def use_passkey(*, request: HttpRequest, user: User, challenge: Any, credential: dict[str, Any]) -> bool:
    """Check the answer of a passkey to a challenge. It can be used once."""
    from allauth.mfa.webauthn.internal import auth

    session: Any = {auth.STATE_SESSION_KEY: challenge}
    request.session = session
    try:
        with malformed_as_invalid():
            auth.parse_authentication_response(credential)
            passkey = auth.complete_authentication(user, credential)
    except ValidationError:
        return False
    passkey.record_usage()
    return is_first_use("passkey", str(challenge), SECOND_FACTOR_AGE)


def is_first_use(purpose: str, secret: str, age: int) -> bool:
    """Whether the secret was not used yet. It is remembered for as many seconds as it is valid."""
    return cache.add(f"{purpose}:{sha256(secret.encode()).hexdigest()}", 1, age)


@contextmanager
def malformed_as_invalid() -> Iterator[None]:
    """fido2 raises all of these errors for credentials that no browser creates."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, struct.error) as error:
        raise ValidationError("Invalid credential.") from error
