from apps.accounts.models import User


def called(user: User) -> str:
    """How others see somebody: never by the address."""
    return user.name or f"User {user.pk}"
