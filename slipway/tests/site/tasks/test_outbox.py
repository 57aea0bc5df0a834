"""Tasks that are stored in the database: in the caller's transaction, until they are due, in an outage."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.tasks import outbox, queue
from apps.tasks.base import outage
from apps.tasks.failures import record, send_again
from apps.tasks.models import FailedTask, OutboxTask
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import database_url, notes, running
from slipway.tests.waiting import wait_for
from tests.commands import PRODUCTION, run

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("queued"),
]

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def forget_outage() -> Iterator[None]:
    yield
    outage.until = 0


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Any]:
    with running("worker", tmp_path / "log") as started:
        yield started


def make_due() -> None:
    OutboxTask.objects.update(due_at=timezone.now())


DIE_AFTER_THE_COMMIT = """
import os, django
django.setup()
from django.db import transaction
from slipway.tests.site.tasks import jobs
with transaction.atomic():
    transaction.on_commit(lambda: os._exit(9))
    jobs.note.delay_on_commit("kept")
"""


def test_a_process_that_is_killed_after_its_commit_loses_no_task(worker: Any) -> None:
    places = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    killed = run("python", "-c", DIE_AFTER_THE_COMMIT, **PRODUCTION | places)
    stored = OutboxTask.objects.get()
    make_due()
    outbox.send_due()
    wait_for(notes, worker.log)

    assert killed.returncode == 9, killed.stderr
    assert timedelta(0) < stored.due_at - stored.created_at <= outbox.GRACE_PERIOD
    assert notes() == ["kept"]


def test_a_task_of_a_transaction_is_sent_once() -> None:
    with transaction.atomic():
        jobs.note.delay_on_commit("once")
        inside = OutboxTask.objects.count()

    assert (inside, queue.waiting(), OutboxTask.objects.count()) == (1, 1, 0)


def test_a_transaction_that_is_rolled_back_stores_no_task() -> None:
    with transaction.atomic():
        jobs.note.delay_on_commit("never")
        transaction.set_rollback(True)

    assert (queue.waiting(), OutboxTask.objects.count()) == (0, 0)


def test_a_task_that_starts_in_an_hour_runs_once_and_not_before(worker: Any) -> None:
    jobs.note.apply_async(["later"], countdown=HOUR.total_seconds())
    jobs.note.apply_async(["later, too"], eta=timezone.now() + 2 * HOUR)
    outbox.send_due()
    early = (queue.waiting(), OutboxTask.objects.count())
    make_due()
    outbox.send_due()
    outbox.send_due()
    wait_for(lambda: len(notes()) == 2, worker.log)

    assert early == (0, 2)
    assert notes() == ["later", "later, too"]
    assert not OutboxTask.objects.exists()


def test_a_retry_that_starts_in_an_hour_keeps_its_number_of_retries(worker: Any) -> None:
    jobs.retry_in_an_hour.delay("try")
    wait_for(OutboxTask.objects.exists, worker.log)
    wait = OutboxTask.objects.get().due_at - timezone.now()
    make_due()
    outbox.send_due()
    wait_for(lambda: len(notes()) == 2, worker.log)

    assert HOUR - timedelta(minutes=1) < wait <= HOUR
    assert notes() == ["try 0", "try 1"]


def test_queue_and_expiry_outlast_an_outage() -> None:
    outage.begin()
    jobs.note.apply_async_on_commit(["late"], queue="other", countdown=5, expires=60)
    stored = OutboxTask.objects.get()
    make_due()
    outbox.send_due()

    assert timedelta(seconds=4) < stored.due_at - stored.created_at < timedelta(seconds=6)
    assert outbox.from_json(stored.options)["expires"] - stored.created_at < timedelta(seconds=61)
    with queue.client() as redis:
        assert redis.llen(f"{settings.TASKS_PREFIX}other") == 1


def test_tasks_are_sent_in_order_of_time() -> None:
    now = timezone.now()
    for text, minutes in (("third", 1), ("first", 3), ("second", 2)):
        outbox.store(jobs.note, [text], {}, {}, due_at=now - timedelta(minutes=minutes))
    outbox.send_due()

    with queue.client() as redis:
        messages = [json.loads(message) for message in reversed(redis.lrange(queue.QUEUE, 0, -1))]
    assert [message["headers"]["argsrepr"] for message in messages] == ["['first']", "['second']", "['third']"]


def test_several_processes_send_each_task_once(simultaneously: Any) -> None:
    def send(number: int) -> int:
        outbox.send_due()
        return number

    for number in range(200):
        outbox.store(jobs.note, [str(number)], {}, {}, due_at=timezone.now())
    simultaneously(send)

    assert (queue.waiting(), OutboxTask.objects.count()) == (200, 0)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_characters_that_postgresql_cannot_store_are_kept(text: str) -> None:
    outbox.store(jobs.note, [text], {}, {}, due_at=timezone.now())
    record(task="t" * 300, task_id="1", args=[text], kwargs={}, error=f"ValueError: {text}", secret=False)

    assert outbox.from_json(OutboxTask.objects.get().arguments)["args"] == [text]
    assert outbox.from_json(FailedTask.objects.get().arguments)["args"] == [text]


def test_a_full_outbox_refuses_tasks_instead_of_losing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LIMIT", 2)
    outage.begin()
    jobs.note.delay_on_commit("first")
    jobs.note.delay_on_commit("second")

    with pytest.raises(OperationalError, match="2 tasks wait in the outbox"):
        jobs.note.delay_on_commit("third")


def test_sending_a_failed_task_again_is_one_transaction() -> None:
    """A process that is killed in between has neither marked it nor lost it."""
    record(task=jobs.note.name, task_id="1", args=["again"], kwargs={}, error="", secret=False)
    failed = FailedTask.objects.get()
    with transaction.atomic():
        send_again(failed)
        stored = OutboxTask.objects.count()
        transaction.set_rollback(True)
    failed.refresh_from_db()

    assert (stored, queue.waiting(), failed.sent_again_at) == (1, 0, None)


def test_a_task_with_secret_arguments_cannot_start_late() -> None:
    with pytest.raises(ValueError, match="arguments are secret"):
        jobs.fail_in_secret.apply_async(["hush"], countdown=3600)
