"""Failures of faulty sites, and their hints."""

import json
import re

import pytest

from slipway.tests.rehearse.sample_site import SLOWLY, Site, failing_output, results

pytestmark = [pytest.mark.redis, pytest.mark.slow]
SERVER = "python server.py 0.0.0.0 $PORT"
SECRETS = """\
      - key: SECRET_KEY
        generateValue: true
      - key: MAIL_KEY
        sync: false
      - key: DATABASE_PASSWORD
        fromDatabase: {name: sample-database, property: password}
      - key: DATABASE_URL
        fromDatabase: {name: sample-database, property: connectionString}
"""


def test_a_health_check_that_redirects_is_not_healthy(site: Site) -> None:
    site.change(SERVER, f"{SERVER} --redirect")

    output = failing_output(site.rehearse("--fast"))

    assert (
        "sample-web is not healthy at /health/: redirects with 301 to https://sample-web.onrender.com/health/."
        in output
    )
    assert "Render accepts a redirect as healthy" in output


def test_a_site_that_rejects_its_host_gets_a_hint(site: Site) -> None:
    site.change(SERVER, f"{SERVER} --choosy")

    output = failing_output(site.rehearse("--fast"))

    assert "sample-web is not healthy at /health/: responds with 400.\n    Is the host in ALLOWED_HOSTS?" in output


def test_a_start_command_that_ends_at_once_is_reported_with_its_output(site: Site) -> None:
    site.change(SERVER, "echo I have no work.; exit 3")

    output = failing_output(site.rehearse("--fast"))

    assert "  ! sample-web ended with code 3 instead of starting.\n    I have no work.\n" in output


def test_a_server_on_another_port_gets_a_hint(site: Site) -> None:
    site.change(SERVER, "python server.py 0.0.0.0 0")

    output = failing_output(site.rehearse("--fast", "--timeout=2"))

    assert "sample-web is not healthy at /health/: nothing listens on its port." in output
    assert "Does the start command listen on 0.0.0.0 and $PORT?" in output
    waited = re.search(r"^first deploy: FAILED, (\d+)", output, re.MULTILINE)
    assert waited
    assert 2 <= int(waited[1]) < 30


def test_a_worker_over_its_memory_limit_is_killed_and_reported(site: Site) -> None:
    site.change("python worker.py", "python worker.py --leak", "worker.yaml")

    output = failing_output(site.rehearse("--requests=1", "--overlap=1", blueprint="worker.yaml"))

    found = re.search(r"sample-worker used (\d+) MB, but its plan has 512 MB: killed, as on Render\.", output)
    assert found
    assert int(found[1]) > 512
    assert "Look for a memory leak, run fewer workers in it, or choose a larger plan." in output
    assert re.search(r"sample-worker ended .*with code 137", output)


def test_a_worker_that_ends_is_restarted_and_reported(site: Site) -> None:
    site.change("python worker.py", "sleep 1.3; echo I am tired.; exit 4", "worker.yaml")

    output = failing_output(site.rehearse("--requests=1", "--overlap=2", blueprint="worker.yaml"))

    assert "sample-worker ended by itself, with code 4. It is restarted.\n    I am tired.\n" in output
    # More often than there were deploys.
    assert site.log("sample-worker").splitlines().count("I am tired.") > 2


def test_after_a_failed_migration_nothing_starts(site: Site) -> None:
    site.change("python migrate.py", "echo The column is missing.; exit 5")

    output = failing_output(site.rehearse("--fast"))

    assert "  ! The pre-deploy command of sample-web failed with code 5.\n    The column is missing.\n" in output
    assert "--- start" not in site.log("sample-web")


def test_a_failed_build_is_reported_with_its_last_lines(site: Site) -> None:
    site.change("buildCommand: ./build.sh", "buildCommand: seq 100; exit 6")

    done = site.rehearse("--fast")

    output = failing_output(done)
    assert re.search(r"The build of sample-\w+ failed with code 6\.", output)
    assert [line.strip() for line in output.splitlines() if re.fullmatch(r"    \d+", line)] == [
        str(number) for number in range(86, 101)
    ]
    assert results(done)["builds"][0] == "FAILED"


def test_an_uncommitted_file_mode_is_reported(site: Site) -> None:
    (site.folder / "site/build.sh").chmod(0o644)
    site.commit()
    (site.folder / "site/build.sh").chmod(0o755)
    site.stage()

    output = failing_output(site.rehearse("--fast"))

    assert "./build.sh is not executable in the commit. Run: git update-index --chmod=+x ./build.sh" in output


def test_an_uncommitted_file_that_the_build_needs_is_reported(site: Site) -> None:
    site.change("buildCommand: ./build.sh", "buildCommand: ./build.sh && cat prices.txt")
    (site.folder / "site/prices.txt").write_text("none\n")

    output = failing_output(site.rehearse("--fast"))

    assert "Not committed, so not part of this rehearsal: site/prices.txt" in output
    assert "prices.txt: No such file or directory" in output


def test_an_unknown_command_gets_a_hint(site: Site) -> None:
    site.change("buildCommand: ./build.sh", "buildCommand: compile-everything")

    output = failing_output(site.rehearse("--fast"))

    assert "failed with code 127.\n    A command is not found." in output


@pytest.mark.postgres
def test_secrets_in_the_output_of_a_process_are_hidden(site: Site) -> None:
    site.change("      - key: SECRET_KEY\n        generateValue: true\n", SECRETS)
    site.change("services:\n", "databases:\n  - name: sample-database\n    ipAllowList: []\nservices:\n")
    (site.folder / ".env.rehearsal").write_text("MAIL_KEY=kept-from-everyone\n")
    site.change(SERVER, "env | grep -E 'SECRET|MAIL|DATABASE'; exit 1")

    output = failing_output(site.rehearse("--fast"))

    generated = json.loads((site.folder / ".rehearsal/generated.json").read_text()).values()
    assert "SECRET_KEY=***" in output
    assert "MAIL_KEY=***" in output
    assert "DATABASE_PASSWORD=***" in output
    assert re.search(r"DATABASE_URL=postgresql://\w+:\*\*\*@", output)
    assert "kept-from-everyone" not in output
    assert [value for value in generated if value in output] == []


def test_a_worker_that_does_not_wait_for_the_migration_fails(site: Site) -> None:
    site.change("python migrate.py", "python migrate.py --slow")
    site.change("python worker.py", "python worker.py --impatient")

    output = failing_output(site.rehearse("--fast"))

    assert "sample-worker ended with code 1 instead of starting.\n    There are no tables.\n" in output


def test_a_worker_that_waits_for_the_migration_passes(site: Site) -> None:
    site.change("python migrate.py", "python migrate.py --slow")
    waits = "until python worker.py --impatient; do sleep 0.2; done"
    site.change("startCommand: python worker.py", f'startCommand: "{waits}"')

    assert site.rehearse("--fast").returncode == 0


def test_two_failures_of_one_deploy_are_both_reported(site: Site) -> None:
    site.change(SERVER, "exit 3")
    site.change("python worker.py", "exit 4")

    output = failing_output(site.rehearse("--fast"))

    assert "sample-web ended with code 3 instead of starting." in output
    assert "sample-worker ended with code 4 instead of starting." in output
    assert "2 failures to fix before you deploy." in output


def test_a_process_that_ignores_sigterm_is_reported(site: Site) -> None:
    site.change("python worker.py", "exec python worker.py --deaf", "worker.yaml")

    output = failing_output(site.rehearse("--requests=1", "--overlap=0.2", blueprint="worker.yaml"))

    assert "sample-worker still ran 1 s after SIGTERM, and was killed." in output
    assert "Does its start command forward signals?" in output
    assert "skipped: no web service" in output


def test_an_old_version_that_drops_requests_loses_them(site: Site) -> None:
    """In all else it is as the good one in test_rehearsal, whose 0 says nothing without this."""
    site.change(SERVER, f"{SERVER} --rude")
    done = site.rehearse(*SLOWLY)

    output = failing_output(done)
    assert re.search(r"  ! \d+ requests were lost\. sample-web\.onrender\.com/slow/: ", output)
    assert " 0 lost" not in results(done)["second deploy under load"][1]
    assert results(done)["second deploy under load"][0] == "FAILED"
