from functools import partial

from celery import shared_task

from apps.accounts.models import User
from apps.health.checks import CHECKS, run_checks
from apps.live.publish import send_update
from apps.notifications.services import notify
from apps.pages.status import Service, summarize

# Seconds. The page waits as long: RUN_TIMEOUT in static/preflight/preflight.js.
TIMEOUT = 60


@shared_task(expires=TIMEOUT)
def run_preflight(user_id: int, run_id: str) -> None:
    """Check each service, and send the results to the user. May run twice: it then sends the same updates again.

    Updates only have names and statuses, as `/api/health/` has. The user is read last: the database may be down.
    """
    send = partial(send_update, user_id=user_id, topic="preflight", id=run_id)
    services = []
    for step, name in enumerate(CHECKS, start=1):
        service = Service(name.capitalize(), run_checks(name)[name].status)
        services.append(service)
        send(step=step, total=len(CHECKS), name=name, status=service.status)
    result = summarize(services)
    send(result=result, status="down" if any(service.status == "down" for service in services) else "up")
    # For users who have left the page.
    if user := User.objects.filter(pk=user_id).first():
        notify(user=user, kind="preflight", text=result)
