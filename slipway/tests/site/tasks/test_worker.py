"""What a real worker does with tasks."""

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import Client

from apps.tasks import queue
from apps.tasks.mail import TaskBackend
from apps.tasks.models import FailedTask
from config.celery import app
from config.logs import LogContext, log_context
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import Process, notes
from slipway.tests.waiting import wait_for

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("queued"),
]


def failed_task() -> FailedTask:
    return wait_for(FailedTask.objects.first)


def test_a_task_is_sent_when_its_data_are_stored(worker: Process) -> None:
    with transaction.atomic():
        jobs.note.delay_on_commit("stored")
        assert queue.waiting() == 0

    assert wait_for(notes, worker.log) == ["stored"]


def test_results_come_back_to_those_who_asked_for_them(worker: Process) -> None:
    assert jobs.add.delay(2, 3).get(timeout=10) == 5


def test_every_line_of_a_task_tells_request_and_user(worker: Process) -> None:
    token = log_context.set(LogContext("request-of-this-test", user_id=7))
    jobs.note.delay("mine")
    log_context.reset(token)
    wait_for(notes, worker.log)
    wait_for(lambda: len([line for line in worker.lines() if line.get("request_id") == "request-of-this-test"]) == 2)

    lines = [line for line in worker.lines() if line.get("request_id") == "request-of-this-test"]
    assert {line["user_id"] for line in lines} == {7}
    assert "Noting mine" in [line["message"] for line in lines]


def test_a_task_that_fails_is_kept_with_all_that_helps(worker: Process) -> None:
    token = log_context.set(LogContext("request-that-fails", user_id=8))
    jobs.fail.delay("this", 1)
    log_context.reset(token)

    kept = failed_task()

    assert (kept.task, kept.arguments) == (jobs.fail.name, {"args": ["this", 1], "kwargs": {}})
    assert (kept.request_id, kept.user_id) == ("request-that-fails", 8)
    assert kept.error.startswith("ValueError: No such thing")
    assert "hush-hush" not in kept.error


def test_secret_arguments_are_neither_kept_nor_logged(worker: Process) -> None:
    jobs.fail_in_secret.delay("https://x.example/?key=for-nobody")

    assert failed_task().arguments is None
    assert "for-nobody" not in worker.log.read_text()


@pytest.mark.slow
def test_a_task_that_kills_its_process_is_tried_again_and_then_kept(worker: Process) -> None:
    jobs.die.delay()

    assert "WorkerLostError" in failed_task().error
    assert notes() == ["died", "died"]


def test_a_task_that_hangs_is_ended_and_kept_once(worker: Process) -> None:
    token = log_context.set(LogContext("request-that-hangs"))
    jobs.hang.delay()
    log_context.reset(token)
    failed_task()
    jobs.note.delay("afterwards")
    wait_for(notes, worker.log)

    kept = FailedTask.objects.get()

    assert "TimeLimitExceeded" in kept.error
    assert kept.request_id == "request-that-hangs"


def test_a_task_that_the_worker_does_not_know_is_kept(worker: Process) -> None:
    app.send_task("apps.tasks.from_tomorrow", ["this"])

    kept = failed_task()

    assert (kept.task, kept.arguments) == ("apps.tasks.from_tomorrow", {"args": ["this"], "kwargs": {}})
    assert kept.error == "The worker does not know this task."


def test_a_task_that_fails_for_a_moment_is_tried_again(worker: Process) -> None:
    jobs.succeed_at_second_try.delay()

    assert wait_for(notes, worker.log) == ["second"]
    assert not FailedTask.objects.exists()


def test_a_failed_task_is_sent_again_once(worker: Process, admin_client: Client) -> None:
    kept = FailedTask.objects.create(
        task=jobs.note.name, arguments={"args": ["again"], "kwargs": {}}, request_id="request-of-old"
    )
    press = {"action": "send_again", "_selected_action": [kept.pk]}
    first = admin_client.post("/admin/tasks/failedtask/", press, follow=True)
    second = admin_client.post("/admin/tasks/failedtask/", press, follow=True)

    assert wait_for(notes, worker.log) == ["again"]
    assert "1 sent again." in first.text
    assert "1 not sent" in second.text
    assert any(line.get("request_id") == "request-of-old" for line in worker.lines())


def test_mail_goes_out_by_a_task_where_a_worker_is(worker: Process) -> None:
    queue.stamp_heartbeat()
    message = EmailMultiAlternatives("Reset", "https://x.example/?key=for-nobody", to=["ada@example.com"])

    # Tests replace the configured backend by one that keeps messages in memory.
    TaskBackend().send_messages([message])

    # Production without EMAIL_HOST says which mail was lost.
    assert wait_for(lambda: worker.said("EMAIL_HOST is not set"), worker.log)
    assert "for-nobody" not in worker.log.read_text()
