from typing import Any

from django.conf import settings
from django.core.checks import Error

# Seconds between the moment a worker takes a task and the one it begins with it.
MARGIN = 60


def time_limits(app_configs: Any, **options: Any) -> list[Error]:
    found = []
    if settings.CELERY_TASK_SOFT_TIME_LIMIT >= settings.CELERY_TASK_TIME_LIMIT:
        found.append(Error("Tasks would be killed without a word: the soft time limit must be below.", id="tasks.E001"))
    if settings.CELERY_TASK_TIME_LIMIT + MARGIN > settings.VISIBILITY_TIMEOUT:
        # What has not ended by then is handed out once more.
        found.append(Error("Long tasks would run twice: VISIBILITY_TIMEOUT must exceed the limit.", id="tasks.E002"))
    return found
