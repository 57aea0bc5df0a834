"""Celery's scheduler, which remembers in the database, and waits where Celery's own would lose a task."""

import copy
import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery import beat
from celery.beat import SchedulingError
from celery.exceptions import ImproperlyConfigured
from celery.schedules import crontab
from django.db import DatabaseError, connection

from apps.tasks.schedule import SCHEDULE
from config.health import stamp

logger = logging.getLogger(__name__)

# Seconds until it asks again what did not answer.
PAUSE = 5
# No slot repeats less often.
LONGEST_PERIOD = timedelta(days=8)


class Scheduler(beat.Scheduler):
    """Needs no file: a beat that starts anywhere knows what ran last, and catches up with what was missed, once."""

    remembers = False

    def setup_schedule(self) -> None:
        self.merge_inplace({**SCHEDULE, **self.app.conf.beat_schedule})
        for name, entry in self.schedule.items():
            if not isinstance(entry.schedule, crontab):
                # An interval begins when beat does: two beats would never name the same moments.
                raise ImproperlyConfigured(f"The schedule of {name} must be a crontab.")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        stamp("beat")
        if not self.remembers and not self.remember():
            return PAUSE
        return super().tick(*args, **kwargs)

    def remember(self) -> bool:
        from apps.tasks.models import PeriodicRun

        try:
            runs = dict(PeriodicRun.objects.values_list("name", "slot"))
        except DatabaseError as error:
            # On a first deploy the tables may come later.
            logger.warning("The database has no answer yet, and is asked again: %s", type(error).__name__)
            return False
        finally:
            connection.close()
        for name, entry in self.schedule.items():
            # What never ran has missed nothing; but who has just put the site online waits for the first heartbeat.
            missed = timedelta(minutes=name == "heartbeat")
            entry.last_run_at = runs.get(name, entry.last_run_at - missed)
        self.remembers = True
        return True

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """While the queue is away it waits, and sends then what is due by then."""
        entry = copy.copy(entry)
        while True:
            slot = latest_slot(entry.schedule, entry.last_run_at)
            entry.options = {**entry.options, "headers": {"schedule": entry.name, "slot": slot.isoformat()}}
            try:
                return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
            except SchedulingError as error:
                logger.warning("%s waits for the queue: %s", entry.name, error)
                stamp("beat")
                time.sleep(PAUSE)


def latest_slot(schedule: Any, since: datetime) -> datetime:
    """The last moment that the schedule names: the same for all beats, whenever they look and started."""
    slot = max(since, schedule.now() - LONGEST_PERIOD)
    while True:
        start, delta, now = schedule.remaining_delta(slot)
        if start + delta > now:
            return slot
        slot = start + delta
