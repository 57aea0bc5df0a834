import re

import pytest

from apps.live import apps
from apps.live.apps import TESTED, check_versions
from tests.commands import ROOT


def test_the_installed_versions_are_tested():
    assert check_versions() == []


@pytest.mark.parametrize(("name", "check_id"), [("channels-redis", "live.E001"), ("daphne", "live.E002")])
def test_a_version_that_was_not_tested_fails_a_check(monkeypatch, name, check_id):
    installed = apps.version
    monkeypatch.setattr(apps, "version", lambda package: "99.0.1" if package == name else installed(package))

    assert [(error.id, "99.0.1" in error.msg) for error in check_versions()] == [(check_id, True)]


@pytest.mark.parametrize("name", TESTED)
def test_the_requirements_allow_the_tested_versions_only(name):
    text = "".join((ROOT / "requirements" / f"{file}.in").read_text() for file in ("base", "production"))
    (bounds,) = re.findall(rf"^{name}(.*)$", text, re.MULTILINE)
    major, minor = map(int, TESTED[name].split("."))

    assert bounds == f">={major}.{minor},<{major}.{minor + 1}"
