"""A rehearsal leaves no process behind, however it ends."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from slipway.rehearse.supervisor import descendants, running_processes
from slipway.tests.rehearse.sample_site import Site, failing_output
from slipway.tests.waiting import wait_for

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.slow]
DATABASE = """
databases:
  - name: sample-database
    ipAllowList: []
"""


@pytest.fixture
def midway(site: Site) -> Iterator[subprocess.Popen[str]]:
    """A rehearsal during its second deploy: old and new instances run at the same time."""
    site.write("render.yaml", (site.folder / "render.yaml").read_text() + DATABASE)
    with site.begin("--overlap=120") as rehearsal:
        try:
            # Health checks use another path: a request for / means that the new version is live.
            wait_for(lambda: site.log("sample-web").count("Visited.") == 2, timeout=40)
            yield rehearsal
        finally:
            rehearsal.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_rehearsal_and_all_processes(
    site: Site, midway: subprocess.Popen[str], number: signal.Signals
) -> None:
    family = descendants(midway.pid)
    midway.send_signal(number)
    output, _ = midway.communicate(timeout=30)

    assert midway.returncode == 130
    assert output.endswith("\nInterrupted. All processes are stopped.\n")
    assert alive(family) == []
    # Old and new version got SIGTERM first.
    assert site.log("sample-web").count("Ended in peace.") == 2
    assert not (site.folder / ".rehearsal/run").exists()


def test_a_killed_rehearsal_leaves_no_process_and_no_lock(site: Site, midway: subprocess.Popen[str]) -> None:
    family = descendants(midway.pid)
    # Two instances of each service with their supervisors, and the database servers with theirs.
    assert len(family) > 12
    midway.kill()
    midway.wait()

    wait_for(lambda: alive(family) == [])
    done = site.rehearse("--fast")
    assert done.returncode == 0, done.stdout


def test_a_second_rehearsal_in_a_repository_is_an_error(site: Site, midway: subprocess.Popen[str]) -> None:
    output = failing_output(site.rehearse())

    assert f"  ! Another rehearsal is running in {site.folder}/.rehearsal.\n" in output
    assert "1 failure to fix before you deploy." in output
    assert midway.poll() is None
    midway.terminate()
    midway.communicate(timeout=30)


def alive(family: list[int]) -> list[int]:
    return [pid for pid, _ in running_processes() if pid in family]
