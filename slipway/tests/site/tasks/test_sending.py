"""Tasks without a queue, and with one that went away."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction

from apps.tasks import queue
from apps.tasks.models import FailedTask, OutboxTask
from apps.tasks.tasks import send_outbox
from config.celery import app
from slipway.tests.site.serving.proxy import line_to
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import database_url, notes
from tests.commands import PRODUCTION, run

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]


def test_without_a_queue_a_task_runs_here_after_the_commit() -> None:
    with transaction.atomic():
        jobs.note_transaction.delay_on_commit()
        assert notes() == []

    assert notes() == ["outside"]


def test_without_a_queue_a_task_of_a_transaction_that_failed_does_not_run() -> None:
    with transaction.atomic():
        jobs.note.delay_on_commit("never")
        transaction.set_rollback(True)

    assert notes() == []


# Celery's way to write to Redis is an old one.
@pytest.mark.filterwarnings("ignore:Call to deprecated setex")
def test_without_a_queue_results_are_the_same() -> None:
    sent = jobs.add.delay(2, 3)

    assert app.AsyncResult(sent.id).get(timeout=1) == 5


def test_without_a_queue_a_failure_is_logged_and_kept_and_not_thrown_at_the_caller(caplog: Any) -> None:
    jobs.fail.delay_on_commit("this")

    assert [record.levelname for record in caplog.records if "ValueError" in record.getMessage()] == ["ERROR"]
    assert FailedTask.objects.get().arguments == {"args": ["this"], "kwargs": {}}


SEND = """
import time, django
django.setup()
from slipway.tests.site.tasks import jobs
jobs.note.app.loader.import_default_modules()
for task, text in ((jobs.note, "kept"), (jobs.note, "kept too"), (jobs.fail_in_secret, "for nobody")):
    began = time.monotonic()
    task.delay_on_commit(text)
    print(time.monotonic() - began)
"""


def send_while(trouble: str) -> tuple[list[float], str]:
    """What a process has to wait that sends three tasks, and what it logs."""
    with line_to(urlsplit(settings.REDIS_URL).port or 6379) as line:
        line.set(trouble)
        url = f"redis://127.0.0.1:{line.port}{urlsplit(settings.REDIS_URL).path}"
        done = run("python", "-c", SEND, **PRODUCTION | {"DATABASE_URL": database_url(), "REDIS_URL": url})
    assert done.returncode == 0, done.stderr
    return [float(seconds) for seconds in done.stdout.split()], done.stderr


@pytest.mark.postgres
@pytest.mark.parametrize("trouble", ["cut", "silent"])
def test_while_the_queue_is_away_tasks_are_kept_and_nobody_waits_long(trouble: str) -> None:
    waits, log = send_while(trouble)

    assert waits[0] < 2.5
    assert max(waits[1:]) < 0.3
    assert log.count("could not be sent") == 3
    assert "Traceback" not in log
    assert [stored.arguments for stored in OutboxTask.objects.all()] == [
        {"args": ["kept"], "kwargs": {}},
        {"args": ["kept too"], "kwargs": {}},
    ]
    # A task with secret arguments is recorded as failed, without them.
    assert [failed.arguments for failed in FailedTask.objects.all()] == [None]
    assert "for nobody" not in log


@pytest.mark.postgres
def test_what_was_kept_goes_out_once_when_the_queue_is_back() -> None:
    send_while("cut")
    send_outbox()
    send_outbox()

    assert notes() == ["kept", "kept too"]
    assert not OutboxTask.objects.exists()


IN_A_THREAD = """
import sys, django
from threading import Thread
django.setup()
assert "celery" not in sys.modules
def view():
    from slipway.tests.site.tasks.jobs import note
    note.delay("from a thread")
for number in range(2):
    thread = Thread(target=view)
    thread.start()
    thread.join()
"""


def test_a_shared_task_is_sent_from_the_threads_of_a_web_process() -> None:
    done = run("python", "-c", IN_A_THREAD, **PRODUCTION | {"REDIS_URL": settings.REDIS_URL})

    assert done.stderr == ""
    assert queue.waiting() == 2
