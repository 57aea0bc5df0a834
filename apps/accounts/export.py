"""All data that the site has of a person, without secrets. Apps add theirs with the signal."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models.fields.json import KT
from django.dispatch import Signal
from django.utils import timezone

from apps.accounts.models import User

# Sent with `user`. Receivers return the data of their app, such as {"orders": [{"number": 1}]}.
exporting = Signal()


def export_user(user: User) -> dict[str, Any]:
    """The values are those that JSON encoders of Django and DRF know, such as dates."""
    data: dict[str, Any] = {
        "exported_at": timezone.now(),
        "profile": {
            "id": user.pk,
            "email": user.email,
            "name": user.name,
            "avatar": user.avatar.url if user.avatar else None,
            "joined_at": user.joined_at,
            "last_login": user.last_login,
            "is_staff": user.is_staff,
            "groups": list(user.groups.values_list("name", flat=True)),
        },
        "email_addresses": list(EmailAddress.objects.filter(user=user).values("email", "primary", "verified")),
        "second_factors": list(
            Authenticator.objects.filter(user=user).values("type", "created_at", "last_used_at", name=KT("data__name"))
        ),
        "sessions": list(
            UserSession.objects.filter(user=user).values("created_at", "last_seen_at", "ip", "user_agent")
        ),
        "sign_ins": list(user.sign_ins.values("started_at", "used_at", "ended_at", "user_agent")),
    }
    parts: Any = exporting.send(User, user=user)
    for _, part in parts:
        data |= part
    return data
