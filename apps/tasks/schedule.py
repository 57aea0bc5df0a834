"""When which task runs, in UTC. Each slot has its task run once, however many beats there are.

A task that waited in the queue beyond `expires` seconds is dropped: its next slot has come by then.
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
    "send what was kept": {
        "task": "apps.tasks.tasks.send_unsent",
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
    "forget old letters": {
        "task": "apps.tasks.tasks.forget_old_letters",
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
