"""The account that a fresh checkout can be tried with. For your own machine only: everybody knows its password."""

from apps.accounts.models import User

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "launch-day"  # noqa: S105


def make_demo_account() -> User:
    """An account that exists already stays as it is, whatever has become of it."""
    there = User.objects.filter(email=DEMO_EMAIL).first()
    return there or User.objects.create_superuser(DEMO_EMAIL, DEMO_PASSWORD, name="Demo")
