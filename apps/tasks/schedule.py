"""The schedule of periodic tasks, in UTC. Each slot runs once, even when several beat processes run.

A task that waits in the queue for longer than `expires` seconds is dropped. CELERY_BEAT_SCHEDULE in the settings works
too.
"""

from typing import Any

from celery.schedules import crontab

HALF_A_DAY = 12 * 60 * 60

SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {
        "task": "apps.tasks.tasks.heartbeat",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "send outbox": {
        "task": "apps.tasks.tasks.send_outbox",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "sync": {
        "task": "apps.tasks.tasks.sync",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 15 * 60},
    },
    "clear sessions": {
        "task": "apps.accounts.tasks.clear_sessions",
        "schedule": crontab(hour="2", minute="0"),
        "options": {"expires": HALF_A_DAY},
    },
    "flush tokens": {
        "task": "apps.accounts.tasks.flush_tokens",
        "schedule": crontab(hour="3", minute="0"),
        "options": {"expires": HALF_A_DAY},
    },
    "delete old failed tasks": {
        "task": "apps.tasks.tasks.delete_old_failed_tasks",
        "schedule": crontab(hour="3", minute="30"),
        "options": {"expires": HALF_A_DAY},
    },
    "daily report": {
        "task": "apps.tasks.tasks.daily_report",
        "schedule": crontab(hour="6", minute="0"),
        "options": {"expires": HALF_A_DAY},
    },
    "backup": {
        "task": "apps.tasks.tasks.back_up",
        "schedule": crontab(hour="4", minute="0", day_of_week="sun"),
        "options": {"expires": HALF_A_DAY},
    },
    # Yours
}
