"""The project's own smoke test: how the rehearsal runs it."""

import asyncio
from pathlib import Path

import pytest

from slipway.rehearse import smoke_test
from slipway.rehearse.errors import Failure
from slipway.rehearse.processes import Log
from slipway.rehearse.smoke_test import run_smoke_test, smoke_command
from slipway.tests.rehearse.sample_site import Site, failing_output, results

PORTS = {"shop.onrender.com": 8101, "shop-ws.onrender.com": 8102}


def run(folder: Path) -> list[str]:
    return asyncio.run(run_smoke_test(smoke_command(folder, PORTS), folder, Log(folder / "logs/smoke.log", [])))


def write(folder: Path, text: str) -> None:
    (folder / "tools").mkdir()
    (folder / "tools/smoke.py").write_text(text)


def test_it_gets_the_address_and_the_ports_of_the_proxies(tmp_path: Path) -> None:
    write(tmp_path, "import sys; print(*sys.argv[1:])")

    assert run(tmp_path) == [
        "https://shop.onrender.com --sign-up "
        "--via=shop.onrender.com=127.0.0.1:8101 --via=shop-ws.onrender.com=127.0.0.1:8102"
    ]


def test_it_can_be_a_program(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/smoke").write_text("#!/bin/sh\necho $1\n")
    (tmp_path / "bin/smoke").chmod(0o755)

    assert run(tmp_path) == ["https://shop.onrender.com"]


def test_a_project_without_one_has_no_command(tmp_path: Path) -> None:
    assert smoke_command(tmp_path, PORTS) == []


def test_a_failure_shows_its_last_lines(tmp_path: Path) -> None:
    write(tmp_path, "import sys; sys.exit('The login does not work.')")

    with pytest.raises(Failure, match="smoke test failed") as raised:
        run(tmp_path)
    assert "The login does not work." in raised.value.last_lines


def test_one_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke_test, "TIMEOUT", 0.2)
    write(tmp_path, "import time; time.sleep(300)")

    with pytest.raises(Failure, match=r"did not end within 0\.2 s"):
        run(tmp_path)


@pytest.mark.redis
@pytest.mark.slow
def test_a_failing_smoke_test_fails_the_rehearsal_before_the_second_deploy(site: Site) -> None:
    site.write("site/tools/smoke.py", "import sys; sys.exit('The login does not work.')")
    done = site.rehearse()

    output = failing_output(done)
    assert "  ! The project's smoke test failed.\n    The login does not work.\n" in output
    assert results(done)["smoke test"][0] == "FAILED"
    assert "second deploy" not in output
