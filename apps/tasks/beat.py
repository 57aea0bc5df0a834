"""Celery beat's scheduler, which stores its state in the database and waits while Redis is unavailable."""

import copy
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import beat
from celery.beat import SchedulingError
from celery.exceptions import ImproperlyConfigured
from celery.schedules import crontab, schedule
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.tasks.models import MAX_CLOCK_ERROR, PeriodicRun
from apps.tasks.schedule import SCHEDULE
from config.health import stamp

logger = logging.getLogger(__name__)

# Seconds between two attempts when the database or Redis is unavailable.
RETRY_DELAY = 5
# No schedule has a longer period.
LONGEST_PERIOD = timedelta(days=8)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Interval(schedule):
    """An interval counted from 1970, so that all beats agree on its slots."""

    def remaining_delta(self, last_run_at: datetime) -> tuple[datetime, timedelta, datetime]:
        passed = (self.maybe_make_aware(last_run_at) - EPOCH) // self.run_every
        next_run = EPOCH + (passed + 1) * self.run_every
        return last_run_at, next_run - last_run_at, self.maybe_make_aware(self.now())

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        start, delta, now = self.remaining_delta(last_run_at)
        return start + delta - now


class Scheduler(beat.Scheduler):
    """Needs no file. A beat that starts anywhere knows the last runs, and catches up with a missed slot once."""

    has_loaded_runs = False

    def setup_schedule(self) -> None:
        self.merge_inplace({**SCHEDULE, **self.app.conf.beat_schedule})
        for name, entry in self.schedule.items():
            if type(entry.schedule) is schedule:
                entry.schedule = Interval(entry.schedule.run_every, app=self.app)
            elif not isinstance(entry.schedule, crontab):
                # Two beats would not agree on its slots.
                raise ImproperlyConfigured(f"The schedule of {name} must be a crontab or an interval.")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        stamp("beat")
        if not self.has_loaded_runs and not self.load_runs():
            return RETRY_DELAY
        self.correct_clock()
        return super().tick(*args, **kwargs)

    def correct_clock(self) -> None:
        """A run in the future comes from a clock that was wrong: without this, nothing is sent until then."""
        now = timezone.now()
        for entry in self.schedule.values():
            if entry.last_run_at > now + MAX_CLOCK_ERROR:
                logger.error("The clock was wrong: %s ran in the future, at %s", entry.name, entry.last_run_at)
                entry.last_run_at = now
                # Celery computes the times of the next runs again.
                self._heap = None

    def load_runs(self) -> bool:
        try:
            runs = dict(PeriodicRun.objects.values_list("name", "slot"))
        except DatabaseError as error:
            # On a first deploy, beat may start before the migrations have run.
            logger.warning("The database is unavailable (%s). Trying again.", type(error).__name__)
            return False
        finally:
            connection.close()
        for name, entry in self.schedule.items():
            # A new entry has missed nothing. Only the first heartbeat is sent at once.
            missed = timedelta(minutes=name == "heartbeat")
            entry.last_run_at = runs.get(name, entry.last_run_at - missed)
        self.has_loaded_runs = True
        return True

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """While Redis is unavailable, wait, and then send the slot that is due by then."""
        entry = copy.copy(entry)
        while True:
            slot = latest_slot(entry.schedule, entry.last_run_at)
            entry.options = {**entry.options, "headers": {"schedule": entry.name, "slot": slot.isoformat()}}
            try:
                return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
            except SchedulingError as error:
                logger.warning("%s waits because Redis is unavailable: %s", entry.name, error)
                stamp("beat")
                time.sleep(RETRY_DELAY)


def latest_slot(schedule: Any, since: datetime) -> datetime:
    """The last slot that is due: the same for all beats, whenever they started."""
    if isinstance(schedule, Interval):
        return EPOCH + (schedule.maybe_make_aware(schedule.now()) - EPOCH) // schedule.run_every * schedule.run_every
    slot = max(since, schedule.now() - LONGEST_PERIOD)
    while True:
        start, delta, now = schedule.remaining_delta(slot)
        if start + delta > now:
            return slot
        slot = start + delta
