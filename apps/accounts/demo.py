"""The demo account of bin/dev, for development only: its password is public."""

from apps.accounts.models import User

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "launch-day"  # noqa: S105


def create_demo_account() -> bool:
    """Return whether the account exists. It is not created in a database that has users."""
    if not User.objects.exists():
        User.objects.create_superuser(DEMO_EMAIL, DEMO_PASSWORD, name="Demo")
    return User.objects.filter(email=DEMO_EMAIL).exists()
