"""Whole rehearsals of a small site that works, with all options."""

import re

import pytest

from slipway.tests.rehearse.sample_site import REQUESTS, SLOWLY, Site, failing_output, results

pytestmark = pytest.mark.redis


@pytest.mark.slow
def test_a_good_site_passes_every_phase(site: Site) -> None:
    done = site.rehearse(*SLOWLY)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\nReady for Render.\n")
    found = results(done)
    assert list(found) == [
        "blueprint",
        "databases",
        "builds",
        "first deploy",
        "smoke test",
        "second deploy under load",
        "failing deploys",
    ]
    assert {result for result, _ in found.values()} == {"ok"}
    assert found["blueprint"][1] == "sample-web, sample-worker"
    assert re.match(r"Valkey|Redis", found["databases"][1])
    assert "no tools/smoke.py: " in found["smoke test"][1]
    assert requests_and_lost(found["second deploy under load"][1])[0] >= REQUESTS
    assert requests_and_lost(found["second deploy under load"][1])[1] == 0
    assert found["failing deploys"][1].startswith("the old version kept running. ")
    assert " 0 lost, " in found["failing deploys"][1]
    assert re.search(r"sample-web used at most [1-9]\d* MB of 512 MB\.", done.stdout)


def test_a_fast_rehearsal_reports_what_it_skips(site: Site) -> None:
    done = site.rehearse("--fast")

    assert done.returncode == 0, done.stdout
    assert "--fast skips the second deploy under load and the failing deploys." in done.stdout
    assert list(results(done))[-1] == "smoke test"
    # Nobody else on the network can reach it.
    assert "Listening on 127.0.0.1 " in site.log("sample-web")
    assert not (site.folder / ".rehearsal/run").exists()
    assert (site.folder / ".rehearsal/.gitignore").read_text() == "*\n"


@pytest.mark.slow
def test_a_build_is_kept_unless_the_rehearsal_is_cold(site: Site) -> None:
    (site.folder / ".rehearsal/builds").unlink()
    first, second, cold = (site.rehearse("--fast", *more) for more in [(), (), ("--cold",)])

    assert re.search(r"sample-\w+ is built with Python 3", first.stdout)
    assert re.search(r"sample-\w+ uses the build of sample-\w+\.", first.stdout)
    assert re.search(r"sample-\w+ uses the build of an earlier rehearsal\.", second.stdout)
    assert " is built with Python" not in second.stdout
    assert " is built with Python" in cold.stdout


@pytest.mark.slow
def test_a_seed_repeats_the_order(site: Site) -> None:
    blueprint = (site.folder / "worker.yaml").read_text()
    worker = blueprint[blueprint.index("  - type: worker") :]
    more = [worker.replace("sample-worker", f"sample-{name}") for name in ("one", "two", "three", "four")]
    site.write("worker.yaml", "".join([blueprint, *more]))
    seeds = (1, 2, 1)
    first, other, again = (
        order(site.rehearse("--fast", f"--seed={seed}", blueprint="worker.yaml").stdout) for seed in seeds
    )

    assert len(first) == 5
    assert first == again
    assert first != other


@pytest.mark.slow
def test_an_earlier_commit_can_be_rehearsed(site: Site) -> None:
    site.write("site/server.py", "This is no Python.\n")

    assert site.rehearse("--fast", "--commit=HEAD").returncode == 1
    assert site.rehearse("--fast", "--commit=HEAD~1").returncode == 0


def test_a_missing_blueprint_is_reported(site: Site) -> None:
    output = failing_output(site.rehearse(blueprint="none.yaml"))

    assert f"  ! There is no Blueprint at {site.folder}/none.yaml.\n    Give its path: bin/rehearse PATH\n" in output
    assert "1 failure to fix before you deploy." in output


def test_a_problem_in_the_blueprint_is_reported_before_servers_start(site: Site) -> None:
    site.change("type: worker\n", "type: worker\n    healthCheckPath: /\n")

    output = failing_output(site.rehearse())

    assert "render.yaml, line " in output
    assert "databases ..." not in output


def test_a_build_script_that_is_not_executable_in_git_is_reported(site: Site) -> None:
    (site.folder / "site/build.sh").chmod(0o644)
    site.commit()

    output = failing_output(site.rehearse())

    assert "runs site/build.sh, which is not executable in git" in output
    assert "git update-index --chmod=+x site/build.sh" in output


def test_missing_values_are_reported_at_once(site: Site) -> None:
    site.change("    envVars:\n", "    envVars:\n      - {key: MAIL_KEY, sync: false}\n")
    site.change("      - {key: MAIL_KEY", "      - {key: MAP_KEY, sync: false}\n      - {key: MAIL_KEY")

    output = failing_output(site.rehearse())

    assert ".env.rehearsal has no value for 2 variables that Render asks for (sync: false)." in output
    assert "MAP_KEY=    # for sample-web, sample-worker" in output
    assert "MAIL_KEY=    # for sample-web, sample-worker" in output
    assert output.count("  ! ") == 1


def test_a_cron_job_is_skipped(site: Site) -> None:
    (site.folder / "render.yaml").write_text(
        (site.folder / "render.yaml").read_text().replace("type: worker\n", 'type: cron\n    schedule: "0 3 * * *"\n')
    )
    site.change(
        "    startCommand: python worker.py\n    maxShutdownDelaySeconds: 5\n", "    startCommand: python worker.py\n"
    )
    done = site.rehearse("--fast")

    assert done.returncode == 0, done.stdout
    assert "sample-worker is skipped: cron jobs run on their schedule." in done.stdout
    assert results(done)["blueprint"][1] == "sample-web"


def order(output: str) -> tuple[str, ...]:
    """Whose build was asked for first."""
    return tuple(re.findall(r"^    (sample-\w+) (?:is built|uses)", output, re.MULTILINE))


def requests_and_lost(words: str) -> tuple[int, int]:
    found = re.match(r"(\d+) requests, (\d+) lost", words)
    assert found, words
    return int(found[1]), int(found[2])
