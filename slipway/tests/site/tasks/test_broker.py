"""A message is in the queue or noted as taken, at every moment."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from apps.tasks import queue
from apps.tasks.models import FailedTask
from config.celery import app
from slipway.tests.drills import drill
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import notes, running
from slipway.tests.waiting import wait_for

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("queued")]


@pytest.fixture
def queued() -> Iterator[None]:
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def channel() -> Iterator[Any]:
    """What a worker listens with."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        channel.basic_consume(
            app.conf.task_default_queue, no_ack=False, callback=lambda message: None, consumer_tag="1"
        )
        yield channel


def noted() -> int:
    with queue.client() as redis:
        assert redis.zcard("tasks:unacked_index") == redis.hlen("tasks:unacked")
        return redis.hlen("tasks:unacked")


def test_to_wait_for_a_message_takes_none(channel: Any) -> None:
    jobs.note.delay("wanted")
    channel.connection.cycle.on_poll_start()
    # The worker dies with the answer in its hands.
    channel.client.parse_response(channel.client.connection, "BLMOVE")

    assert (queue.waiting(), noted()) == (1, 0)


def test_a_message_is_noted_in_the_same_moment_as_it_is_taken(channel: Any) -> None:
    jobs.note.delay("wanted")
    channel.take(["tasks:unacked_index", "tasks:unacked", "tasks:unreadable", queue.QUEUE], [time.time()])

    assert (queue.waiting(), noted()) == (0, 1)


def test_what_was_taken_and_not_done_can_be_handed_out_again(channel: Any) -> None:
    jobs.note.delay("wanted")
    channel.take(["tasks:unacked_index", "tasks:unacked", "tasks:unreadable", queue.QUEUE], [0])
    channel.qos.restore_visible()

    assert (queue.waiting(), noted()) == (1, 0)


@pytest.mark.postgres
def test_a_worker_can_have_several_queues(transactional_db: None, tmp_path: Path) -> None:
    with running("worker", tmp_path / "log", "--queues=default,slow") as worker:
        jobs.note.apply_async(["usual"])
        jobs.note.apply_async(["other"], queue="slow")
        wait_for(lambda: sorted(notes()) == ["other", "usual"], worker.log)

        wait_for(lambda: noted() == 0, worker.log)


def valid_message() -> dict[str, Any]:
    jobs.note.delay("valid")
    with queue.client() as redis:
        return json.loads(redis.rpop(queue.QUEUE))


def with_body(body: str) -> Callable[[], str]:
    return lambda: json.dumps(valid_message() | {"body": body})


def with_headers(**headers: Any) -> Callable[[], str]:
    def changed() -> str:
        message = valid_message()
        return json.dumps(message | {"headers": message["headers"] | headers})

    return changed


MESSAGES = {
    "text": lambda: "no JSON",
    "empty": lambda: "",
    "a number": lambda: "1",
    "no properties": lambda: "{}",
    "properties without a tag": lambda: json.dumps({"properties": {"delivery_info": {}}}),
    "bad base64": with_body("%%%"),
    "base64 without JSON": with_body("bm8gSlNPTg=="),
    "a body that is no list": with_body(b64encode(b"{}").decode()),
    "a body that is a number": with_body(b64encode(b"1").decode()),
    "a list as the task": with_headers(task=["a"]),
    "no headers": lambda: json.dumps(valid_message() | {"headers": None}),
    "a bad eta": with_headers(eta="soon"),
    "a nested body": with_body(b64encode(b"[" * 100_000).decode()),
}


def is_noted(text: str) -> bool:
    return text in notes()


@pytest.mark.postgres
def test_a_worker_survives_unreadable_messages(transactional_db: None, tmp_path: Path) -> None:
    messages = {name: message() for name, message in MESSAGES.items()}
    with running("worker", tmp_path / "log") as worker:
        for name, message in messages.items():
            with queue.client() as redis:
                redis.lpush(queue.QUEUE, message)
            jobs.note.delay(name)
            wait_for(partial(is_noted, name), worker.log)

        wait_for(lambda: (queue.waiting(), noted()) == (0, 0), worker.log)
        assert worker.popen.poll() is None
        assert not worker.said("Unrecoverable error")
        failed = FailedTask.objects.filter(task="unreadable message", arguments__isnull=True)
        wait_for(lambda: failed.count() == len(messages), worker.log)

    drill(
        "The queue contains unreadable messages (other tasks)",
        requests=len(messages),
        answered=len(messages),
        errors=FailedTask.objects.exclude(task="unreadable message").count(),
    )


@pytest.mark.postgres
def test_a_worker_records_unknown_tasks_of_other_programs(transactional_db: None, tmp_path: Path) -> None:
    foreign = {"task": "x" * 300, "id": "y" * 100, "request_id": ["\0"] * 100, "user_id": "ada"}
    message = with_headers(**foreign)()
    with running("worker", tmp_path / "log") as worker:
        with queue.client() as redis:
            redis.lpush(queue.QUEUE, message)
        jobs.note.delay("next")
        wait_for(partial(is_noted, "next"), worker.log)

        wait_for(FailedTask.objects.filter(task="x" * 200).exists, worker.log)
        assert worker.popen.poll() is None
