from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest


class AccountBackend(AuthenticationBackend):
    """Signs in with an e-mail address, which has to be confirmed if the user signed up while CONFIRM_EMAIL was on."""

    def user_can_authenticate(self, user: Any) -> bool:
        return not user.awaits_confirmation and super().user_can_authenticate(user)


def lockout_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Called by django-axes: failed sign-ins count for an account in whatever case its address is written."""
    given = credentials or {}
    return str(given.get("username") or given.get("email") or "").strip().lower()
