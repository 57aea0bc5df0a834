"""Mail by a task, which outlives this process and tries again; where no worker is, in a thread as without a queue."""

from concurrent.futures import Future
from typing import Any

from django.conf import settings

from apps.tasks.health import worker_is_there
from config.mail import deliver as deliver_here


def deliver(**mail: Any) -> Future[None]:
    if settings.CELERY_TASK_ALWAYS_EAGER or not worker_is_there():
        return deliver_here(**mail)
    from kombu.exceptions import OperationalError

    from apps.tasks.tasks import send_mail

    try:
        send_mail.delay(**mail)
    except OperationalError:
        return deliver_here(**mail)
    on_its_way: Future[None] = Future()
    on_its_way.set_result(None)
    return on_its_way
