from functools import partial

from celery import shared_task

from apps.accounts.models import User
from apps.health.checks import CHECKS
from apps.live.publish import send_update
from apps.notifications.services import notify
from apps.pages.board import Part, headline

# Seconds. The page waits as long: RUN_TIMEOUT in static/preflight/preflight.js.
TIMEOUT = 60


@shared_task(expires=TIMEOUT)
def run_preflight(user_id: int, run_id: str) -> None:
    """Check each service, and send the results to the user. May run twice: it then sends the same updates again.

    Updates only have names and statuses, as `/api/health/` has. The user is read last: the database may be down.
    """
    send = partial(send_update, user_id=user_id, topic="preflight", id=run_id)
    parts = []
    for step, (name, check) in enumerate(CHECKS.items(), start=1):
        part = Part(name.capitalize(), check().status, "")
        parts.append(part)
        send(step=step, total=len(CHECKS), name=name, status=part.status)
    result = headline(parts)
    send(result=result, status="down" if any(part.status == "down" for part in parts) else "up")
    # For users who have left the page.
    if user := User.objects.filter(pk=user_id).first():
        notify(user=user, kind="preflight", text=result)
