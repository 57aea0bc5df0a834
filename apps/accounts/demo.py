"""The account that a fresh checkout can be tried with. For your own machine only: everybody knows its password."""

from apps.accounts.models import User

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "launch-day"  # noqa: S105


def make_demo_account() -> bool:
    """Whether there is one. A database with people in it may be a real one, and gets none."""
    if not User.objects.exists():
        User.objects.create_superuser(DEMO_EMAIL, DEMO_PASSWORD, name="Demo")
    return User.objects.filter(email=DEMO_EMAIL).exists()
