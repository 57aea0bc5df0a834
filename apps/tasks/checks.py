from typing import Any

from django.conf import settings
from django.core.checks import Error

# Seconds between the moment a worker takes a task and the one it starts it.
MARGIN = 60


def check_time_limits(app_configs: Any, **options: Any) -> list[Error]:
    errors = []
    if settings.CELERY_TASK_SOFT_TIME_LIMIT >= settings.CELERY_TASK_TIME_LIMIT:
        errors.append(Error("CELERY_TASK_SOFT_TIME_LIMIT must be below CELERY_TASK_TIME_LIMIT.", id="tasks.E001"))
    if settings.CELERY_TASK_TIME_LIMIT + MARGIN > settings.VISIBILITY_TIMEOUT:
        # Redis delivers unfinished tasks again after VISIBILITY_TIMEOUT.
        message = f"Long tasks would run twice: VISIBILITY_TIMEOUT must exceed CELERY_TASK_TIME_LIMIT by {MARGIN}."
        errors.append(Error(message, id="tasks.E002"))
    return errors
