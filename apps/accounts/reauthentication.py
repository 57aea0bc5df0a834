"""Endpoints that change how a user signs in need a recent sign-in, or the password once more.

Requests with a session follow the rules of the pages (django-allauth). The time of a sign-in with tokens is in its row.
"""

from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib.auth import authenticate
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts import second_factor
from apps.accounts.models import SignIn
from apps.accounts.tokens import CLAIM


class RecentSignIn(BasePermission):
    message = "Send your password to auth/reauthenticate/ and repeat this request."
    code = "reauthentication_required"

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth:
            # allauth's functions need a session. A dict is never saved, and no cookie is set.
            session: Any = {}
            request._request.session = session
            if is_recent(current_sign_in(request)):
                record_authentication(request._request, request.user, "password", reauthenticated=True)
        return did_recently_reauthenticate(request._request)


def current_sign_in(request: Request) -> SignIn | None:
    """The sign-in of the access token. Requests with a session have none."""
    token: Any = request.auth
    return SignIn.objects.active().filter(pk=token.get(CLAIM)).first() if token else None


def is_recent(sign_in: SignIn | None) -> bool:
    if not sign_in:
        return False
    age = timezone.now() - (sign_in.reauthenticated_at or sign_in.started_at)
    return age.total_seconds() < app_settings.REAUTHENTICATION_TIMEOUT


def reauthenticate(request: Request, *, password: str = "", code: str = "") -> None:
    """Wrong passwords and codes count for the lockout, as at a sign-in."""
    user: Any = request.user
    if password:
        if authenticate(request._request, username=user.email, password=password) != user:
            raise ValidationError({"password": ["This is not your password."]})
    elif not second_factor.check(request=request._request, user=user, code=code):
        raise ValidationError({"code": ["Wrong code."]})
    if sign_in := current_sign_in(request):
        SignIn.objects.filter(pk=sign_in.pk).update(reauthenticated_at=timezone.now())
    elif not request.auth:
        record_authentication(request._request, user, "password" if password else "mfa", reauthenticated=True)
