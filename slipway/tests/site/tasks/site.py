"""The site's queue with times that tests can wait for: `celery -A slipway.tests.site.tasks.site worker`."""

import os
from typing import Any

from celery.schedules import crontab
from celery.signals import celeryd_after_setup

# First, as in production: it names the process.
from config.celery import app

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": float(os.environ.get("TEST_VISIBILITY", "900")),
    "unacked_restore_interval": 1,
    # Who looked for lost messages may be dead.
    "unacked_mutex_expire": 3,
}
app.conf.beat_schedule = {
    "note": {
        "task": "slipway.tests.site.tasks.jobs.note",
        "args": ["noon"],
        "schedule": crontab(hour="12", minute="0"),
    },
}


@celeryd_after_setup.connect
def shorten_intervals(**signal: Any) -> None:
    from apps.tasks import worker

    worker.SHUTDOWN_TIMEOUT = 1
    worker.STAMP_INTERVAL = 1
