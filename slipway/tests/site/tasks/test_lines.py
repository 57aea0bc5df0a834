"""In production every line is an object of JSON, whatever runs."""

import json
from pathlib import Path

import pytest

from slipway.tests.site.tasks import jobs
from slipway.tests.site.tasks.processes import running
from slipway.tests.waiting import wait_for


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.usefixtures("queued", "transactional_db")
@pytest.mark.parametrize("process", ["worker", "beat"])
def test_all_that_it_says_from_start_to_end_is_json(process: str, tmp_path: Path) -> None:
    with running(process, tmp_path / "log") as started:
        if process == "worker":
            jobs.fail.delay()
            jobs.die.delay()
            wait_for(lambda: started.said("exited with 'signal 9"), started.log)
        assert started.stop() == 0

    lines = [json.loads(line) for line in started.log.read_text().splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert lines
