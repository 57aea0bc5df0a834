"""A message is in the queue or noted as taken, at every moment."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.tasks import queue
from config.celery import app
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
    channel.take(["tasks:unacked_index", "tasks:unacked", queue.QUEUE], [time.time()])

    assert (queue.waiting(), noted()) == (0, 1)


def test_what_was_taken_and_not_done_can_be_handed_out_again(channel: Any) -> None:
    jobs.note.delay("wanted")
    channel.take(["tasks:unacked_index", "tasks:unacked", queue.QUEUE], [0])
    channel.qos.restore_visible()

    assert (queue.waiting(), noted()) == (1, 0)


@pytest.mark.postgres
def test_a_worker_can_have_several_queues(transactional_db: None, tmp_path: Path) -> None:
    with running("worker", tmp_path / "log", "--queues=default,slow") as worker:
        jobs.note.apply_async(["usual"])
        jobs.note.apply_async(["other"], queue="slow")
        wait_for(lambda: sorted(notes()) == ["other", "usual"], worker.log)

        wait_for(lambda: noted() == 0, worker.log)
