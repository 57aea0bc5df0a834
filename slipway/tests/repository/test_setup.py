"""`bin/setup`, and what stands on it, on machines that lack something. Each has a sentence of its own, and leaves
nothing half made."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.commands import ROOT

TOOLS = ["bash", "basename", "cat", "cmp", "cp", "cut", "dirname", "env", "grep", "mkdir", "rm", "sed", "tail", "tee"]

OLD_PYTHON = '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.0\nexit 1\n'
# Knows the version it is asked for and its own path, but has no way to make an environment.
BARE_PYTHON = '#!/bin/sh\ncase "$1" in -c) echo "$0";; --version) echo Python 3.13.0;; *) exit 1;; esac\n'
# Makes an environment, in which nothing can be installed.
OFFLINE_PYTHON = """#!/bin/sh
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;
    "-m ensurepip") ;;
    "-m pip") echo "ERROR: no route to host" >&2; exit 1;;
    "-c "*) echo "$0";;
    *) echo Python 3.13.0;;
esac
"""
# Makes an environment, and tells whom it trusts instead of installing or pinning anything.
TELLING_UV = """#!/bin/sh
case "$1" in
    venv) mkdir .venv;;
    pip) echo "system certificates: $UV_SYSTEM_CERTS" >&2; exit 1;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What setup needs of a checkout, and a path with nothing on it but the usual tools."""
    for name in ("bin", "requirements", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "path").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "path" / tool).symlink_to(found)
    return tmp_path


def setup(
    checkout: Path, python: str = "", arguments: Sequence[str] = (), **programs: str
) -> subprocess.CompletedProcess[str]:
    return run(checkout, "setup", *arguments, **({"python3": python} if python else {}), **programs)


def run(checkout: Path, command: str, *arguments: str, **programs: str) -> subprocess.CompletedProcess[str]:
    for name, text in programs.items():
        program = checkout / "path" / name
        program.write_text(text)
        program.chmod(0o755)
    return subprocess.run(
        [checkout / "bin" / command, *arguments],
        env={"PATH": str(checkout / "path"), "HOME": str(checkout)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def made(checkout: Path, python: str) -> Path:
    """An environment that is there already."""
    program = checkout / ".venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text(python)
    program.chmod(0o755)
    return checkout / ".venv"


@pytest.mark.parametrize("python", ["", OLD_PYTHON])
def test_a_machine_without_a_new_enough_python_is_told(checkout: Path, python: str) -> None:
    done = setup(checkout, python)

    assert done.returncode == 1
    assert done.stderr.startswith("This needs Python 3.11 or newer")
    assert not (checkout / ".venv").exists()


def test_a_python_that_cannot_make_environments_is_told(checkout: Path) -> None:
    done = setup(checkout, BARE_PYTHON)

    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_machine_without_a_network_is_told_and_may_try_again(checkout: Path) -> None:
    done = setup(checkout, OFFLINE_PYTHON)

    assert done.returncode == 1
    assert "Is this machine online?" in done.stderr
    assert "no route to host" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_stand_in_for_uv_that_leads_nowhere_is_passed_over(checkout: Path) -> None:
    done = setup(checkout, OFFLINE_PYTHON, uv="#!/bin/sh\nexit 127\n")

    assert "no route to host" in done.stderr


def test_half_an_environment_is_made_anew(checkout: Path) -> None:
    left = checkout / ".venv/lib/left-over"
    left.mkdir(parents=True)

    setup(checkout, OFFLINE_PYTHON)

    assert not left.exists()


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    installed = made(checkout, "#!/bin/sh\n")
    shutil.copy(ROOT / "requirements/development.txt", installed / "development.txt")

    done = setup(checkout)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_of_another_lock_is_brought_up_to_date(checkout: Path) -> None:
    installed = made(checkout, "#!/bin/sh\n")
    (installed / "development.txt").write_text("django==1.0\n")

    done = setup(checkout)

    assert done.returncode == 0
    assert (installed / "development.txt").read_text() == (ROOT / "requirements/development.txt").read_text()


def test_the_shell_of_a_mac_can_read_the_scripts() -> None:
    # bash 3.2 knows no associative arrays, no ${name,,} and no mapfile.
    for script in ("dev", "setup", "test"):
        text = (ROOT / "bin" / script).read_text()
        assert not any(word in text for word in ("declare -A", ",,}", "^^}", "mapfile", "readarray"))


def test_tests_go_on_where_their_servers_cannot_be_had(checkout: Path) -> None:
    # Everything is installed, and the servers are neither here nor to be had.
    installed = made(checkout, '#!/bin/sh\ncase "$*" in *--check*|*install*) exit 1;; esac\n')
    shutil.copy(ROOT / "requirements/development.txt", installed / "development.txt")

    done = setup(checkout, arguments=["--services"])

    assert done.returncode == 0
    assert "could not be installed" in done.stderr


def test_nothing_is_pinned_before_setup_where_uv_leads_nowhere(checkout: Path) -> None:
    done = run(checkout, "lock", uv="#!/bin/sh\nexit 127\n")

    assert done.returncode == 1
    assert done.stderr == "This needs uv, which bin/setup installs: run it first.\n"


@pytest.mark.parametrize("command", ["setup", "lock"])
def test_uv_trusts_whom_the_machine_trusts(checkout: Path, command: str) -> None:
    done = run(checkout, command, python3=BARE_PYTHON, uv=TELLING_UV)

    assert "system certificates: true" in done.stderr
