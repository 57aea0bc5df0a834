"""Who may use what is for staff: the admin, the status page, and endpoints of the API."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request


def may_act_as_staff(user: Any) -> bool:
    """Checked for each request, so that it applies to sign-ins from before REQUIRE_STAFF_MFA was turned on, too."""
    return user.is_active and user.is_staff and not lacks_second_factor(user)


def lacks_second_factor(user: Any) -> bool:
    """Recovery codes alone are not enough."""
    types = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return settings.REQUIRE_STAFF_MFA and not is_mfa_enabled(user, types)


class IsStaff(IsAdminUser):
    """Use this instead of IsAdminUser."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if lacks_second_factor(request.user):
            raise PermissionDenied("Set up two-factor authentication on your account page first.", "mfa_setup_required")
        return True
