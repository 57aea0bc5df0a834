"""Background tasks as the site uses them. Without REDIS_URL, and in tests, they run in the calling process."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app, shared_task
from celery.exceptions import ImproperlyConfigured
from django.core.checks import run_checks
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.tasks import mail as task_mail
from apps.tasks import outbox, queue
from apps.tasks.base import Task, outage
from apps.tasks.beat import Scheduler
from apps.tasks.models import FailedTask, OutboxTask
from apps.tasks.queue import check_health
from config.celery import app

calls: list[Any] = []


@shared_task
def record_call(value: Any) -> None:
    calls.append(value)


@shared_task(secret_arguments=True)
def record_secret(value: Any) -> None:
    calls.append(value)


@shared_task
def fail(value: Any) -> None:
    raise ValueError(f"{value}, password=hush")


@pytest.fixture(autouse=True)
def forget_calls() -> Iterator[None]:
    yield
    calls.clear()
    outage.until = 0


@pytest.fixture
def queued(settings: Any) -> Iterator[None]:
    """Tasks go to the queue, as in production."""
    settings.CELERY_TASK_ALWAYS_EAGER = app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def without_redis(queued: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("celery.app.task.Task.apply_async", refuse)


def test_a_shared_task_uses_the_app_of_the_site() -> None:
    assert record_call.app is current_app._get_current_object() is app
    assert isinstance(record_call._get_current_object(), Task)


@pytest.mark.django_db(transaction=True)
def test_a_task_runs_after_the_transaction() -> None:
    with transaction.atomic():
        record_call.delay_on_commit(1)
        assert calls == []

    assert calls == [1]


@pytest.mark.django_db(transaction=True)
def test_a_task_of_a_transaction_that_is_rolled_back_does_not_run() -> None:
    with transaction.atomic():
        record_call.delay_on_commit(1)
        transaction.set_rollback(True)

    assert calls == []


@pytest.mark.django_db(transaction=True)
def test_a_failed_task_is_recorded_without_passwords_and_can_be_sent_again_once(admin_client: Client) -> None:
    fail.delay("no such thing")
    failed = FailedTask.objects.get()
    FailedTask.objects.update(task=record_call.name)
    press = {"action": "send_again", "_selected_action": [failed.pk]}
    first = admin_client.post("/admin/tasks/failedtask/", press, follow=True)
    second = admin_client.post("/admin/tasks/failedtask/", press, follow=True)

    assert failed.arguments == {"args": ["no such thing"], "kwargs": {}}
    assert failed.error.startswith("ValueError: no such thing")
    assert "hush" not in failed.error
    assert "1 sent again." in first.content.decode()
    assert "1 not sent" in second.content.decode()
    assert calls == ["no such thing"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_redis")
def test_while_redis_is_unavailable_tasks_are_stored_but_not_their_secrets() -> None:
    record_call.delay_on_commit("later")
    record_secret.delay_on_commit("hush")

    assert OutboxTask.objects.get().arguments == {"args": ["later"], "kwargs": {}}
    assert FailedTask.objects.get().arguments is None


@pytest.mark.django_db(transaction=True)
def test_stored_tasks_are_sent_once_when_redis_is_back() -> None:
    outbox.store(record_call, ["later"], {}, {}, due_at=timezone.now())
    outbox.send_due()
    outbox.send_due()

    assert calls == ["later"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_redis")
def test_stored_tasks_stay_while_redis_is_unavailable() -> None:
    outbox.store(record_call, ["later"], {}, {}, due_at=timezone.now())
    outbox.send_due()

    assert OutboxTask.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_stored_task_that_cannot_be_sent_does_not_block_the_others() -> None:
    OutboxTask.objects.create(task="apps.gone", arguments={"args": [], "kwargs": {}})
    outbox.store(record_call, ["too", "many"], {}, {}, due_at=timezone.now())
    outbox.store(record_call, ["later"], {}, {}, due_at=timezone.now())
    outbox.send_due()

    assert calls == ["later"]
    assert [failed.task for failed in FailedTask.objects.order_by("pk")] == ["apps.gone", record_call.name]
    assert not OutboxTask.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("queued")
def test_a_task_that_starts_much_later_is_stored_until_then() -> None:
    record_call.apply_async(["later"], countdown=3600)
    outbox.send_due()

    assert timedelta(minutes=59) < OutboxTask.objects.get().due_at - timezone.now() <= timedelta(minutes=60)


def test_the_schedule_is_valid_and_its_tasks_exist() -> None:
    app.loader.import_default_modules()

    assert [entry.task for entry in Scheduler(app).schedule.values() if entry.task not in app.tasks] == []


def test_the_schedule_of_the_settings_is_used_with_intervals_too(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"task": record_call.name, "schedule": 30.0, "args": [1]}
    monkeypatch.setitem(app.conf.beat_schedule, "mine", entry)

    assert Scheduler(app).schedule["mine"].task == record_call.name


def test_other_kinds_of_schedules_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery.schedules import BaseSchedule

    monkeypatch.setitem(app.conf.beat_schedule, "mine", {"task": record_call.name, "schedule": BaseSchedule()})
    with pytest.raises(ImproperlyConfigured, match="must be a crontab or an interval"):
        Scheduler(app)


@pytest.mark.parametrize(("soft", "hard", "error"), [(300, 300, "tasks.E001"), (240, 880, "tasks.E002")])
def test_contradictory_time_limits_are_an_error(settings: Any, soft: int, hard: int, error: str) -> None:
    settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT = soft, hard

    assert [found.id for found in run_checks() if str(found.id).startswith("tasks.")] == [error]


def test_the_health_report_shows_celery(client: Client, db: None) -> None:
    assert check_health().status == "off"
    assert client.get("/api/health/").json()["services"]["celery"]["status"] == "off"


@pytest.mark.redis
@pytest.mark.usefixtures("queued")
def test_without_a_heartbeat_celery_is_down() -> None:
    before = check_health()
    queue.stamp_heartbeat()

    assert before.detail.startswith("No heartbeat yet: check that worker and beat run.")
    assert check_health().status == "up"


@pytest.mark.usefixtures("queued")
def test_without_redis_celery_is_down(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert check_health().status == "down"


def test_a_mail_survives_the_way_through_the_queue(mailoutbox: list[Any]) -> None:
    message = EmailMultiAlternatives("Hi", "text", "me@x.org", ["you@x.org"], headers={"X-A": "1"}, bcc=["b@x.org"])
    message.attach_alternative("<p>html", "text/html")
    message.attach("a.bin", b"\xff\x00", "application/octet-stream")
    task_mail.deliver(**outbox.from_json(outbox.to_json(task_mail.to_arguments(message))))

    sent = mailoutbox[0]
    assert (sent.subject, sent.body, sent.bcc, sent.extra_headers) == ("Hi", "text", ["b@x.org"], {"X-A": "1"})
    assert tuple(sent.alternatives[0]) == ("<p>html", "text/html")
    assert tuple(sent.attachments[0]) == ("a.bin", b"\xff\x00", "application/octet-stream")


def test_djangos_send_mail_works(mailoutbox: list[Any]) -> None:
    send_mail("Hi", "text", None, ["you@x.org"])

    assert mailoutbox[0].subject == "Hi"
