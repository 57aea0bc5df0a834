"""The demo account of bin/dev, for development only: its password is public."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Error
from django.db import DatabaseError, connection

from apps.accounts.models import User
from config.env import EMBEDDED_DATABASE

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "launch-day"  # noqa: S105


def is_embedded_database() -> bool:
    """Whether this is the default database, and neither DATABASE_URL nor the settings name another one."""
    return connection.vendor == "sqlite" and Path(connection.settings_dict["NAME"]) == EMBEDDED_DATABASE


def create_demo_account() -> None:
    """It is not created in a database that has users."""
    if not User.objects.exists():
        User.objects.create_superuser(DEMO_EMAIL, DEMO_PASSWORD, name="Demo")


def has_demo_password() -> bool:
    """False also if the database is unavailable, or has no tables yet."""
    hashes = User.objects.filter(email=DEMO_EMAIL).values_list("password", flat=True)
    try:
        return any(map(is_demo_password, hashes))
    except DatabaseError:
        return False


@lru_cache(maxsize=8)
def is_demo_password(encoded: str) -> bool:
    """Argon2 is slow on purpose, and the status page asks on every request."""
    return check_password(DEMO_PASSWORD, encoded)


def check_demo_account(app_configs: Any, **options: Any) -> list[CheckMessage]:
    message = f"Everybody can sign in as {DEMO_EMAIL}: the password of the demo account is public."
    hint = f"Set another password: python manage.py changepassword {DEMO_EMAIL}. Or delete the account."
    return [Error(message, hint=hint, id="accounts.E001")] if has_demo_password() else []
