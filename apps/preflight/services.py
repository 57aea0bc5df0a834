from uuid import uuid4

from apps.accounts.models import User


def start_preflight(*, user: User) -> str:
    """Have a worker check the site, and tell this user of it as it goes. Returns the id of the run."""
    from apps.preflight.tasks import check_all  # here, for Celery takes a while to import

    run = uuid4().hex
    check_all.delay_on_commit(user.pk, run)
    return run
