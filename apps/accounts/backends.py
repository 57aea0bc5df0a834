from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest


class AccountBackend(ModelBackend):
    """Django's own, which takes as long for an unknown address. Asks for a confirmed one where the site does."""

    def user_can_authenticate(self, user: Any) -> bool:
        confirmed = user.email_confirmed_at is not None or not settings.CONFIRM_EMAIL
        return confirmed and super().user_can_authenticate(user)


def lockout_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Failures count for an account however its address is written."""
    return str((credentials or {}).get("username") or "").strip().lower()
