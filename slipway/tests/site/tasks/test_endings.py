"""Workers end in the middle of their tasks, and no task is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.tasks import queue
from apps.tasks.models import FailedTask
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import Process, notes, running
from slipway.tests.waiting import wait_for

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("queued"),
]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Process]:
    with running("worker", tmp_path / "log") as started:
        yield started


def test_a_worker_that_is_told_to_end_finishes_its_task(worker: Process) -> None:
    jobs.note_slowly.delay("whole", 0.7)
    wait_for(notes, worker.log)
    code = worker.stop()

    assert code == 0
    assert notes() == ["begin whole", "whole"]
    assert queue.waiting() == 0


def test_a_worker_that_must_end_hands_its_task_back(worker: Process) -> None:
    jobs.note_slowly.delay("long", 30)
    wait_for(notes, worker.log)
    worker.stop()

    assert queue.waiting() == 1
    assert notes() == ["begin long"]
    assert not FailedTask.objects.exists()


def test_a_task_of_a_worker_that_was_killed_is_done_by_another(worker: Process, tmp_path: Path) -> None:
    jobs.note_slowly.delay("lost", 30)
    wait_for(notes, worker.log)
    worker.kill()

    with running("worker", tmp_path / "other", TEST_VISIBILITY="2") as other:
        wait_for(lambda: notes() == ["begin lost", "begin lost"], other.log)
        other.kill()


@pytest.mark.slow
def test_the_next_worker_does_what_the_last_one_did_not_finish_and_nothing_else(
    worker: Process, tmp_path: Path
) -> None:
    jobs.note_slowly.delay("short", 0.7)
    jobs.note_slowly.delay("long", 3)
    jobs.note_slowly.delay("not begun", 0)
    wait_for(lambda: len(notes()) == 2, worker.log)
    worker.stop()
    by_the_first = notes()

    with running("worker", tmp_path / "other") as other:
        wait_for(lambda: "long" in notes() and "not begun" in notes(), other.log)
        other.stop()
    assert (by_the_first[2:], queue.waiting()) == (["short"], 0)
    assert sorted(notes()[3:]) == ["begin long", "begin not begun", "long", "not begun"]


def test_an_idle_worker_ends_at_once(worker: Process) -> None:
    assert worker.stop() == 0
