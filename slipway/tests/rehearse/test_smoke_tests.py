"""A project with a smoke test of its own: it is run as slipway/rehearse/visits.py promises, and believed."""

import json
import re

import pytest

from slipway.tests.rehearse.rehearsals import Site, told, verdicts

pytestmark = [pytest.mark.redis, pytest.mark.slow]
BRIEF = ("--requests=1", "--overlap=0")

VISITOR = """
import sys
from http.client import HTTPConnection

address, option, via = sys.argv[1:]
host, _, place = via.removeprefix("--via=").partition("=")
connection = HTTPConnection(place)
connection.request("GET", "/", headers={"Host": host})
print("arguments", sys.argv[1:])
print("heard", connection.getresponse().read().decode())
"""

# As argparse does, it ends with 2 when it doesn't know an option.
HOLDER = """
import json, sys

if not sys.argv[-1].startswith("--hold="):
    sys.exit()
print(json.dumps({"open": int(sys.argv[-1][7:])}), flush=True)
sys.stdin.read()
print(TOLD, flush=True)
"""
LOST = {"closed": 20, "lost_sockets": 1, "lost_messages": 2, "tasks": 31, "lost_tasks": 3}


def test_it_is_given_the_address_and_the_way_there(site: Site) -> None:
    site.write("site/tools/smoke.py", VISITOR)
    done = site.rehearse("--fast")

    assert done.returncode == 0, done.stdout
    host = "sample-web.onrender.com"
    assert re.search(
        rf"    arguments \['https://{host}', '--sign-up', '--via={host}=127\.0\.0\.1:\d+'\]\n    heard welcome\n",
        done.stdout,
    )


def test_one_that_fails_fails_the_rehearsal_with_what_it_said(site: Site) -> None:
    site.write("site/bin/smoke", "#!/bin/sh\necho Nobody can sign in at $1.\nexit 1\n")
    (site.folder / "site/bin/smoke").chmod(0o755)
    site.commit()
    done = site.rehearse()

    said = told(done)
    assert "    Nobody can sign in at https://sample-web.onrender.com.\n" in said
    assert "  ! The project's own smoke test failed.\n" in said
    assert verdicts(done)["smoke test"][0] == "FAILED"
    assert "second deploy" not in said


def test_sockets_messages_and_tasks_that_it_lost_are_each_told(site: Site) -> None:
    hold(site, json.dumps(LOST))
    done = site.rehearse(*BRIEF)

    said = told(done)
    for sentence in ("1 sockets were lost.", "2 messages were lost.", "3 tasks were lost."):
        assert f"  ! {sentence}\n" in said
    verdict, words = verdicts(done)["second deploy under load"]
    assert verdict == "FAILED"
    assert words.endswith(", 20 WebSockets closed, 1 lost, 31 tasks, 3 lost")


def test_one_that_knows_no_hold_is_passed_over_with_a_sentence(site: Site) -> None:
    site.write("site/tools/smoke.py", "import sys; sys.exit(2 if '--hold=20' in sys.argv else 0)\n")
    done = site.rehearse(*BRIEF)

    assert done.returncode == 0, done.stdout
    assert "No smoke test holds WebSockets and tasks meanwhile: only requests are counted." in done.stdout


def test_one_that_cannot_open_its_sockets_is_told_with_its_last_words(site: Site) -> None:
    site.write("site/tools/smoke.py", "import sys; sys.exit('No way in.' if '--hold=20' in sys.argv else 0)\n")

    said = told(site.rehearse(*BRIEF))

    assert "  ! The smoke test could not open its WebSockets.\n    No way in.\n" in said


def test_one_that_says_something_else_in_the_end_is_told(site: Site) -> None:
    hold(site, "All is well, I think.")

    said = told(site.rehearse(*BRIEF))

    assert "The smoke test did not say what became of its sockets." in said


def hold(site: Site, last: str) -> None:
    site.write("site/tools/smoke.py", HOLDER.replace("TOLD", repr(last)))
