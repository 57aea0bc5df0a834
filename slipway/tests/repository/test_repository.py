"""What holds for the repository as a whole."""

import re
import subprocess
import tomllib

import pytest

from slipway.tests.git import tracked
from tests.commands import ROOT

SCRIPTS = ["manage.py", *tracked(".ci/*", "bin/*")]
# Whoever starts a process names its settings before anything can read them.
ENTRY_POINTS = {
    "manage.py",
    "config/env.py",
    "config/wsgi.py",
    "config/gunicorn.py",
    "config/doctor.py",
    # Celery
    "config/celery.py",
    # Channels
    "config/asgi.py",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_executable_in_git(script: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert listed.stdout.startswith("100755")


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script != "manage.py"])
def test_shell_scripts_stop_at_the_first_error(script: str) -> None:
    assert "set -euo pipefail" in (ROOT / script).read_text()


def test_all_files_agree_on_the_version_of_python() -> None:
    version = (ROOT / ".python-version").read_text().strip()

    assert (ROOT / "runtime.txt").read_text().strip() == f"python-{version}"
    # The setup script prefers it, too.
    assert f"python{version} " in (ROOT / "bin/setup").read_text()


def test_the_oldest_python_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert "--python-version 3.11 " in (ROOT / "bin/lock").read_text()
    assert "(3, 11)" in (ROOT / "bin/setup").read_text()


@pytest.mark.parametrize("module", tracked("apps/*.py", "config/*.py"))
def test_the_environment_is_read_in_one_place(module: str) -> None:
    reads = re.search(r"os\.(environ|getenv)", (ROOT / module).read_text())

    # The reloader says through a variable which of its processes it is.
    assert not reads or module in ENTRY_POINTS or module.endswith("commands/dev.py")


# A user may leave a TODO; a test leaves one as a user would.
USES_THE_WORD = ["slipway/tests/repository/test_repository.py", "slipway/tests/making/test_user_edits.py"]


@pytest.mark.parametrize("module", tracked("*.py"))
def test_nothing_is_left_for_later(module: str) -> None:
    found = re.search(r"\b(TODO|FIXME|XXX)\b", (ROOT / module).read_text())

    assert not found or module in USES_THE_WORD


@pytest.mark.parametrize("path", [path for path in tracked() if path != "slipway/tests/repository/test_repository.py"])
def test_no_file_names_a_package_index(path: str) -> None:
    content = (ROOT / path).read_bytes()

    assert not re.search(rb"https?://[^\s\"']*/simple\b|--(extra-)?index-url|--find-links", content)


def test_lines_end_alike_everywhere() -> None:
    assert [path for path in tracked() if not path.endswith(".png") and b"\r\n" in (ROOT / path).read_bytes()] == []


def test_no_name_differs_from_another_in_case_alone_and_nothing_is_a_link() -> None:
    paths = tracked()

    assert len({path.lower() for path in paths}) == len(paths)
    assert [path for path in paths if (ROOT / path).is_symlink()] == []
