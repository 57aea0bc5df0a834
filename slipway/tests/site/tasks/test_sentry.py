"""What Sentry hears of a task that fails in a real worker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.tasks.tasks import heartbeat, send_outbox
from config.logs import LogContext, log_context
from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import notes, running
from slipway.tests.waiting import wait_for
from tests.sentry_server import listening

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]


@pytest.fixture
def events(transactional_db: None, queued: None, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    """Of one task whose arguments are secret, and of one with others."""
    with listening() as sentry, running("worker", tmp_path / "log", SENTRY_DSN=sentry.dsn) as worker:
        token = log_context.set(LogContext("request-of-this-test", user_id=7))
        jobs.fail_in_secret.delay("for-nobody")
        jobs.fail.delay("written by somebody")
        log_context.reset(token)
        yield [sentry.wait_for("event") for _ in range(2)]
        assert worker.stop() == 0
        assert sentry.all_that_is_left("event") == []


def test_timings_leave_out_what_runs_each_minute(transactional_db: None, queued: None, tmp_path: Path) -> None:
    with (
        listening() as sentry,
        running("worker", tmp_path / "log", SENTRY_DSN=sentry.dsn, SENTRY_TRACES_SAMPLE_RATE="1") as worker,
    ):
        for task in (heartbeat, send_outbox, jobs.note_transaction):
            task.delay()
        wait_for(notes, worker.log)
        assert worker.stop() == 0

    assert [trace["transaction"] for trace in sentry.all_that_is_left("transaction")] == [jobs.note_transaction.name]


def test_an_event_of_a_task_tells_which_for_whom_and_nothing_of_what_it_was_given(events: list[dict[str, Any]]) -> None:
    assert {event["transaction"] for event in events} == {jobs.fail.name, jobs.fail_in_secret.name}
    for event in events:
        assert event["tags"]["request_id"] == "request-of-this-test"
        assert event["user"] == {"id": "7"}
        assert event["exception"]["values"][-1]["value"].startswith("No such thing")
        assert "hush-hush" not in event["exception"]["values"][-1]["value"]
        assert "celery" in event["sdk"]["integrations"]
        assert [text for text in ("for-nobody", "written by somebody") if text in json.dumps(event)] == []
