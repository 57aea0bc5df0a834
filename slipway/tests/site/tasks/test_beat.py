"""Two beats, lost files and late starts: each slot of the schedule has its task run once."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import time_machine
from celery.schedules import crontab
from django.utils import timezone

from apps.tasks import queue
from apps.tasks.beat import Interval, Scheduler, latest_slot
from apps.tasks.models import PeriodicRun
from apps.tasks.schedule import SCHEDULE
from config.celery import app
from slipway.tests.drills import drill
from slipway.tests.site.tasks.processes import notes, running
from slipway.tests.waiting import wait_for

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def missed(transactional_db: None) -> None:
    """The note of noon was last made two days ago."""
    PeriodicRun.objects.create(name="note", slot=timezone.now() - timedelta(days=2), task_id="old")


def notes_waiting() -> int:
    """At the full minute, others wait beside them."""
    with queue.client() as redis:
        return sum(b"slipway.tests.site.tasks.jobs.note" in message for message in redis.lrange(queue.QUEUE, 0, -1))


@pytest.mark.postgres
@pytest.mark.redis
def test_two_beats_that_start_late_have_what_was_missed_done_once(missed: None, tmp_path: Path) -> None:
    with running("beat", tmp_path / "one") as one, running("beat", tmp_path / "two") as two:
        for beat in (one, two):
            wait_for(partial(beat.said, "Sending due task note"), beat.log)
        wait_for(lambda: notes_waiting() == 2)
    with running("worker", tmp_path / "worker") as worker:
        wait_for(partial(worker.said, "has already run"), worker.log)

        wait_for(lambda: notes() == ["noon"], worker.log)
    slot = PeriodicRun.objects.get(name="note").slot
    assert (slot.hour, slot.minute) == (12, 0)
    assert timezone.now() - slot < timedelta(days=1)


@pytest.mark.postgres
@pytest.mark.redis
def test_a_beat_that_never_ran_has_missed_nothing(transactional_db: None, tmp_path: Path) -> None:
    with running("beat", tmp_path / "beat") as beat:
        assert beat.stop() == 0

    assert not beat.said("Sending due task note")


def test_the_first_heartbeat_does_not_wait_for_the_next_minute(transactional_db: None) -> None:
    scheduler = Scheduler(app)
    scheduler.load_runs()

    due = [name for name, entry in scheduler.schedule.items() if entry.is_due().is_due]
    assert due == ["heartbeat"]


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
def test_two_beats_send_one_heartbeat_a_minute(transactional_db: None, tmp_path: Path) -> None:
    with (
        running("worker", tmp_path / "worker") as worker,
        running("beat", tmp_path / "one") as one,
        running("beat", tmp_path / "two") as two,
    ):
        for beat in (one, two):
            wait_for(partial(beat.said, "Sending due task heartbeat"), beat.log, timeout=70)
        wait_for(lambda: worker.said("heartbeat of"), worker.log)

        age = queue.heartbeat_age()
        assert age is not None
        assert age < 10


@pytest.mark.django_db
def test_a_slot_is_claimed_once() -> None:
    claims = [PeriodicRun.claim(name="note", slot=NOON, task_id=task) for task in ("first", "second", "first")]

    # The first may come back, for its worker may have died.
    assert claims == [True, False, True]


@pytest.mark.django_db
def test_a_slot_that_came_too_late_is_not_run_after_its_successor() -> None:
    PeriodicRun.claim(name="note", slot=NOON, task_id="first")

    assert PeriodicRun.claim(name="note", slot=NOON + timedelta(days=1), task_id="second")
    assert not PeriodicRun.claim(name="note", slot=NOON, task_id="late")


@pytest.mark.django_db
def test_a_slot_in_the_future_comes_from_a_wrong_clock() -> None:
    now = timezone.now()
    PeriodicRun.objects.create(name="note", slot=now + timedelta(days=2), task_id="wrong")

    assert not PeriodicRun.claim(name="note", slot=now + timedelta(days=3), task_id="wrong again")
    assert PeriodicRun.claim(name="note", slot=now, task_id="right")
    assert PeriodicRun.objects.get(name="note").slot == now


def tick_all(scheduler: Scheduler) -> None:
    """Each tick sends one entry at most."""
    for _ in scheduler.schedule:
        scheduler.tick()


@pytest.mark.parametrize("kept_by", ["the database", "the process"])
def test_a_beat_whose_clock_was_wrong_sends_again_at_once(
    transactional_db: None, kept_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(Scheduler, "apply_async", lambda self, entry, **options: sent.append(entry.name))
    scheduler = Scheduler(app)
    if kept_by == "the database":
        PeriodicRun.objects.create(name="heartbeat", slot=timezone.now() + timedelta(days=2), task_id="wrong")
    else:
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            tick_all(scheduler)
        assert "heartbeat" in sent
    sent.clear()
    # From the last full minute on, beat looks each second.
    for seconds in range(70):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            tick_all(scheduler)
        if "heartbeat" in sent:
            break

    assert "heartbeat" in sent
    name = f"Beat has a last run two days ahead in {kept_by} (tasks)"
    drill(name, requests=1, answered=1, errors=0, recovery=seconds)


@pytest.mark.parametrize("days", [1, 3, 400])
def test_all_beats_name_the_same_slot_however_long_they_slept(days: int) -> None:
    schedule = crontab(hour="12", minute="0", nowfun=lambda: NOON + timedelta(minutes=3))
    schedule.app = app

    assert latest_slot(schedule, NOON - timedelta(days=days)) == NOON


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("clear sessions", "2026-03-02 02:00"),
        ("flush tokens", "2026-03-02 03:00"),
        ("daily report", "2026-03-02 06:00"),
        ("sync", "2026-03-01 12:15"),
        ("heartbeat", "2026-03-01 12:01"),
        ("backup", "2026-03-08 04:00"),
    ],
)
def test_the_schedule_is_in_utc(name: str, slot: str) -> None:
    schedule = SCHEDULE[name]["schedule"]
    schedule.app = app
    start, delta, _ = schedule.remaining_delta(NOON)

    # The first of March 2026 is a Sunday.
    assert f"{start + delta:%Y-%m-%d %H:%M %Z}" == f"{slot} UTC"


def test_intervals_have_the_same_slots_for_all_beats() -> None:
    schedules = [Interval(30, nowfun=lambda late=late: NOON + timedelta(seconds=late), app=app) for late in (31, 44)]

    assert {latest_slot(each, NOON - timedelta(days=1)) for each in schedules} == {NOON + timedelta(seconds=30)}
    assert schedules[0].is_due(NOON).is_due
    assert schedules[0].is_due(NOON + timedelta(seconds=30)) == (False, 29)
