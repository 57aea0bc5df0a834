from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest


class AccountBackend(ModelBackend):
    """Like ModelBackend. With CONFIRM_EMAIL, users cannot sign in before they confirm their address."""

    def user_can_authenticate(self, user: Any) -> bool:
        confirmed = user.email_confirmed_at is not None or not settings.CONFIRM_EMAIL
        return confirmed and super().user_can_authenticate(user)


def lockout_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Called by django-axes: failed sign-ins count for an account in whatever case its address is written."""
    return str((credentials or {}).get("username") or "").strip().lower()
