import re

import pytest

from slipway import locks
from slipway.tests.git import tracked
from tests.commands import ROOT

LOCKS = [
    "production",
    "development",
    "services",
    # GitHub
    "audit",
]
# What a package is called when it is imported, or named in the settings, where it has another name there.
MODULES = {
    "djangorestframework": "rest_framework",
    "djangorestframework-simplejwt": "rest_framework_simplejwt",
    "django-cors-headers": "corsheaders",
    "django-allauth": "allauth",
    "django-axes": "axes",
    "python-decouple": "decouple",
    "argon2-cffi": "Argon2PasswordHasher",
    "pillow": "PIL",
    "psycopg": "postgres",
    "pytest-django": "django_db",
    "pytest-xdist": "--numprocesses",
    "uv": "uv pip compile",
    "django-stubs": "mypy_django_plugin",
    "djangorestframework-stubs": "mypy_drf_plugin",
    # Sentry
    "sentry-sdk": "sentry_sdk",
}


def wanted(name: str) -> set[str]:
    return locks.asked((ROOT / f"requirements/{name}.in").read_text())


def pinned(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / f"requirements/{name}.txt").read_text())

    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(("name", "lock"), [("base", "production"), *zip(LOCKS, LOCKS, strict=True)])
def test_everything_wanted_is_pinned(name: str, lock: str) -> None:
    assert wanted(name) - pinned(lock).keys() == set()


def test_tools_do_not_move_the_site() -> None:
    development = pinned("development")

    assert {package: development.get(package) for package in pinned("production")} == pinned("production")


def test_production_installs_no_tool() -> None:
    assert pinned("production").keys() & wanted("development") == set()


@pytest.mark.parametrize("package", sorted(wanted("base") | wanted("production") | wanted("development")))
def test_everything_wanted_is_used(package: str) -> None:
    module = MODULES.get(package, package.replace("-", "_"))
    sources = [*tracked("*.py"), "pyproject.toml", "bin/test", "bin/lock", "docs/contributing.md"]
    own = "slipway/tests/repository/test_requirements.py"

    assert any(
        module in (ROOT / path).read_text().replace("pre-commit", "pre_commit") for path in sources if path != own
    )
