from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config import env
from config.env import BASE_DIR, Env, read_environment
from tests.commands import PRODUCTION, run

NAMES = ("base", "development", "production")
# As platforms make them.
SHORT_KEY = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="


def env_with(**values: Any) -> Env:
    return replace(read_environment()[0], **values)


def test_missing_and_invalid_variables_are_reported_together_without_values() -> None:
    result = run(
        "python", "manage.py", "check", DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY="short-secret", REDIS_URL="http://user:hidden@host",
    )  # fmt: skip

    assert result.returncode == 1
    for problem in ("SECRET_KEY is too easy", "REDIS_URL must be like redis://", "DATABASE_URL is missing"):
        assert problem in result.stderr
    assert "short-secret" not in result.stderr
    assert "hidden" not in result.stderr


def test_the_key_command_makes_a_key_that_production_takes() -> None:
    key = run("python", "-m", "config.env", "key").stdout.strip()

    assert run("python", "manage.py", "check", **PRODUCTION | {"SECRET_KEY": key}).returncode == 0


def test_a_short_key_is_extended_to_the_same_key_everywhere() -> None:
    once, twice = env_with(secret_key=SHORT_KEY), env_with(secret_key=SHORT_KEY)

    assert once.signing_key == twice.signing_key
    assert len(once.signing_key) >= 50


def test_a_long_key_is_not_changed() -> None:
    assert env_with(secret_key="x" * 50).signing_key == "x" * 50


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("rediss://h:6380/0", "rediss://h:6380/0?ssl_cert_reqs=required"),
        ("rediss://h:6380/0?ssl_cert_reqs=none", "rediss://h:6380/0?ssl_cert_reqs=none"),
        ("redis://h/0", "redis://h/0"),
        ("", ""),
    ],
)
def test_redis_over_tls_verifies_certificates_by_default(given: str, used: str) -> None:
    assert env_with(redis_url=given).redis == used


# Channels
@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://live.example.com", "wss://live.example.com"),
        ("http://localhost:8001", "ws://localhost:8001"),
        ("wss://live.example.com", "wss://live.example.com"),
        ("", ""),
    ],
)
def test_websocket_url_may_be_an_http_address(given: str, used: str) -> None:
    assert env_with(websocket_url=given).websocket_origin == used


@pytest.mark.parametrize(("settings", "read"), [("development", True), ("test", False), ("build", False)])
def test_tests_and_builds_do_not_read_dotenv(
    settings: str, read: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("ENVIRONMENT=from-the-file\n")
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", f"config.settings.{settings}")

    assert (read_environment()[0].environment == "from-the-file") == read


def test_subdomains_become_a_wildcard_origin() -> None:
    assert env_with(allowed_hosts=[".example.com"]).trusted_origins == ["https://*.example.com"]


# Channels
def test_an_asgi_process_has_no_persistent_connections() -> None:
    show = "import config.{0}; from django.conf import settings as s; print(s.DATABASES['default']['CONN_MAX_AGE'])"

    ages = [run("python", "-c", show.format(entry), **PRODUCTION).stdout.strip() for entry in ("wsgi", "asgi")]

    assert ages == ["600", "0"]


COMPONENTS = (BASE_DIR / "config/components").glob("*.py")


def test_every_variable_is_used_by_the_settings_or_an_entry_point() -> None:
    paths = ["config/env.py", "config/gunicorn.py", *(f"config/settings/{name}.py" for name in NAMES)]
    read_in = "".join(path.read_text() for path in [*map(BASE_DIR.joinpath, paths), *COMPONENTS])

    assert [name for name in Env.__dataclass_fields__ if f".{name}" not in read_in] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "only-for-this-machine-0123456789-abcdefghijklmnopqrstuvwxyz"),
        ("REDIS_URL", "redis://:hush/hush@redis:6379/0"),
        ("REDIS_URL", "redis://:hush#hush@redis:6379/0"),
        ("REDIS_URL", "redis://:hush?hush@redis:6379/0"),
        ("DATABASE_URL", "postgres://me:hush/hush@db:5432/site"),
        ("DATABASE_URL", "postgres://me:hush#hush@db/site"),
        ("DATABASE_URL", "postgres://me:hush[hush@db/site"),
    ],
)
def test_a_value_that_would_be_misread_is_reported_without_it(name: str, value: str) -> None:
    done = run("python", "manage.py", "doctor", **PRODUCTION | {name: value})

    assert done.returncode == 1
    assert name in done.stdout
    assert "hush" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
