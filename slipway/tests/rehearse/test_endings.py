"""However a rehearsal ends, nothing of it stays behind."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from slipway.rehearse.leash import descendants, parents
from slipway.tests.rehearse.rehearsals import Site, told
from tests.waiting import wait_for

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.slow]
DATABASE = """
databases:
  - name: sample-database
    ipAllowList: []
"""


@pytest.fixture
def midway(site: Site) -> Iterator[subprocess.Popen[str]]:
    """A rehearsal in the middle of its second deploy: old and new instances run side by side."""
    site.write("render.yaml", (site.folder / "render.yaml").read_text() + DATABASE)
    with site.begin("--overlap=120") as rehearsal:
        try:
            # Probes ask for another path: once visited, the new version has taken over.
            wait_for(lambda: site.log("sample-web").count("Visited.") == 2, timeout=40)
            yield rehearsal
        finally:
            rehearsal.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_one_sentence_and_all_that_it_started(
    site: Site, midway: subprocess.Popen[str], number: signal.Signals
) -> None:
    family = descendants(midway.pid)
    midway.send_signal(number)
    said, _ = midway.communicate(timeout=30)

    assert midway.returncode == 130
    assert said.endswith("\nBroken off; everything is stopped.\n")
    assert alive(family) == []
    # Old and new were asked first, and not just killed.
    assert site.log("sample-web").count("Ended in peace.") == 2
    assert not (site.folder / ".rehearsal/run").exists()


def test_nothing_is_left_even_when_it_is_killed_and_the_next_one_can_begin(
    site: Site, midway: subprocess.Popen[str]
) -> None:
    family = descendants(midway.pid)
    # Two instances of each service with their leashes, and the servers with those who watch them.
    assert len(family) > 12
    midway.kill()
    midway.wait()

    wait_for(lambda: alive(family) == [])
    done = site.rehearse("--fast")
    assert done.returncode == 0, done.stdout


def test_a_second_rehearsal_in_one_repository_is_refused_in_a_sentence(
    site: Site, midway: subprocess.Popen[str]
) -> None:
    said = told(site.rehearse())

    assert f"  ! Another rehearsal is at work in {site.folder}/.rehearsal.\n" in said
    assert "1 to mend first." in said
    assert midway.poll() is None
    midway.terminate()
    midway.communicate(timeout=30)


def alive(family: list[int]) -> list[int]:
    return [pid for pid, _ in parents() if pid in family]
