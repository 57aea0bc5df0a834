import re

import pytest

from config import versions
from config.versions import TESTED, check_versions
from tests.commands import ROOT, run


def test_the_installed_versions_are_tested() -> None:
    assert check_versions() == []


@pytest.mark.parametrize("name", TESTED)
def test_a_version_that_was_not_tested_fails_a_check(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    installed = versions.version
    monkeypatch.setattr(versions, "version", lambda package: "99.0.1" if package == name else installed(package))

    [error] = check_versions()

    assert error.id == "config.E001"
    assert f"{name} 99.0.1" in error.msg
    assert (ROOT / error.msg.split()[0]).exists()


def test_manage_py_check_runs_it() -> None:
    code = "from config import versions; versions.TESTED['psycopg'] = ('1.0', 'x'); import manage; manage.main()"
    done = run("python", "-c", f"import sys; sys.argv = ['manage.py', 'check']; {code}")

    assert "config.E001" in done.stderr


@pytest.mark.parametrize("name", TESTED)
def test_the_requirements_allow_the_tested_versions_only(name: str) -> None:
    text = "".join((ROOT / "requirements" / f"{file}.in").read_text() for file in ("base", "production"))
    [bounds] = re.findall(rf"(?m)^{name}(?:\[\w+\])?([>=<].*)$", text)
    major, minor = map(int, TESTED[name][0].split("."))

    assert bounds == f">={major}.{minor},<{major}.{minor + 1}"
