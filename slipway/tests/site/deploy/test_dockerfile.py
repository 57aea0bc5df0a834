"""What the Dockerfile promises, as far as reading it tells; test_stack.py builds it."""

import re
from dataclasses import fields

import yaml

from config.env import Env
from config.processes import PROCESSES
from tests.commands import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
# What each stage consists of, by its name.
STAGES = dict(re.findall(r"(?ms)^FROM \S+ AS (\w+)\n(.*?)(?=^FROM |\Z)", TEXT))
SITE = STAGES["site"]


def ignored(path: str) -> list[str]:
    lines = (ROOT / path).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_it_has_the_python_that_the_site_is_made_for() -> None:
    version = (ROOT / ".python-version").read_text().strip()

    assert re.findall(r"(?m)^FROM (\S+:\S+)", TEXT) == [f"python:{version}-slim"]


def test_nothing_is_fetched_to_read_it() -> None:
    assert not re.search(r"(?im)^#\s*syntax\s*=", TEXT)


def test_the_site_is_the_stage_that_is_built_when_none_is_named() -> None:
    assert list(STAGES)[-1] == "site"


def test_packages_are_those_of_the_lock_and_come_before_the_code() -> None:
    assert "--require-hashes" in STAGES["packages"]
    assert re.findall(r"COPY (\S+)", STAGES["packages"]) == ["requirements/production.txt"]
    assert SITE.index("/venv /venv") < SITE.index("--from=build /app")


def test_only_what_the_site_needs_is_in_the_image() -> None:
    copied = re.findall(r"(?m)^COPY (?!--from)(.*)", STAGES["build"])

    assert copied == ["manage.py ./", "config config", "apps apps"]
    assert re.findall(r"(?m)^COPY (?!--from=)", SITE) == []
    assert re.findall(r"apt-get|pip |gcc", SITE) == []


def test_what_git_ignores_gets_into_no_build() -> None:
    wanted = {f"**/{pattern.rstrip('/')}" for pattern in ignored(".gitignore")} | {".git"}

    assert wanted - set(ignored(".dockerignore")) == set()


def test_no_secret_is_needed_or_kept() -> None:
    assert re.findall(r"SECRET_KEY|PASSWORD|--mount=type=secret", TEXT) == []
    assert "DJANGO_SETTINGS_MODULE=config.settings.build" in STAGES["build"]


def test_only_variables_that_are_read_are_set() -> None:
    given = {name for line in re.findall(r"(?ms)^ENV (.*?[^\\])$", SITE) for name in re.findall(r"(\w+)=", line)}
    names = {field.name.upper() for field in fields(Env)}

    assert given - names == {"PATH", "PYTHONUNBUFFERED", "DJANGO_SETTINGS_MODULE"}


def test_it_starts_the_web_process_as_somebody_without_rights() -> None:
    (command,) = re.findall(r"(?m)^CMD (.*)", SITE)

    assert yaml.safe_load(command) == ["sh", "-c", f"exec {PROCESSES['web']}"]
    # By number: some platforms only then believe that it is not root.
    assert re.findall(r"(?m)^USER (.*)", SITE) == ["10001:10001"]


def test_it_tells_whether_it_is_well() -> None:
    assert re.search(r"(?m)^HEALTHCHECK .*\\\n    CMD .*/health/", SITE)
