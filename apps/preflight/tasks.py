from functools import partial

from celery import shared_task

from apps.accounts.models import User
from apps.health.checks import CHECKS
from apps.live.services import send_update
from apps.notifications.services import notify
from apps.pages.board import Part, headline

# Seconds. Whoever asked has gone after that; static/preflight/preflight.js waits as long.
PATIENCE = 60


@shared_task(expires=PATIENCE)
def check_all(user_id: int, run: str) -> None:
    """May run twice: the same steps under the same id are told again.

    Names and statuses only, which `/api/health/` tells everybody. Who asked is looked up last: the database may be what
    is down.
    """
    tell = partial(send_update, user_id=user_id, topic="preflight", id=run)
    parts = []
    for step, (name, check) in enumerate(CHECKS.items(), start=1):
        part = Part(name.capitalize(), check().status, "")
        parts.append(part)
        tell(step=step, total=len(CHECKS), name=name, status=part.status)
    result = headline(parts)
    tell(result=result, status="down" if any(part.status == "down" for part in parts) else "up")
    # For whoever has left the page by now.
    if user := User.objects.filter(pk=user_id).first():
        notify(user=user, kind="preflight", text=result)
