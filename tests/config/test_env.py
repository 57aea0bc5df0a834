from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config import env
from config.env import BASE_DIR, Env, examine
from config.variables import as_example, as_table
from tests.commands import PRODUCTION, run

NAMES = ("base", "development", "production")
# As platforms make them.
SHORT_KEY = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="


def env_with(**values: Any) -> Env:
    return replace(examine()[0], **values)


def test_an_empty_environment_ends_production_with_one_message() -> None:
    ended = run("python", "manage.py", "check", DJANGO_SETTINGS_MODULE="config.settings.production")

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    for hint in ("SECRET_KEY is missing", "ALLOWED_HOSTS is missing", "DATABASE_URL is missing", "config.env key"):
        assert ended.stderr.count(hint) == 1


def test_missing_and_invalid_variables_are_told_together_without_their_values() -> None:
    ended = run(
        "python", "manage.py", "check", DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY="short-secret", REDIS_URL="http://user:hidden@host",
    )  # fmt: skip

    assert ended.returncode == 1
    for problem in ("SECRET_KEY is too easy", "REDIS_URL starts with redis://", "DATABASE_URL is missing"):
        assert problem in ended.stderr
    assert "short-secret" not in ended.stderr
    assert "hidden" not in ended.stderr


def test_three_variables_are_enough_for_production() -> None:
    assert run("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION).returncode == 0


def test_the_key_command_makes_a_key_that_production_takes() -> None:
    key = run("python", "-m", "config.env", "key").stdout.strip()

    assert run("python", "manage.py", "check", **PRODUCTION | {"SECRET_KEY": key}).returncode == 0


# Render
def test_on_render_host_and_origin_need_not_be_typed() -> None:
    environment = PRODUCTION | {"ALLOWED_HOSTS": "", "RENDER": "true", "RENDER_EXTERNAL_HOSTNAME": "mine.onrender.com"}
    show = "from django.conf import settings as s; print(s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS, s.TRUSTED_PROXIES)"

    shown = run("python", "-c", show, **environment).stdout.strip()

    assert shown == "['mine.onrender.com'] ['https://mine.onrender.com'] 2"


def test_a_key_that_a_platform_made_is_stretched_alike_everywhere() -> None:
    once, twice = env_with(secret_key=SHORT_KEY), env_with(secret_key=SHORT_KEY)

    assert once.signing_key == twice.signing_key
    assert len(once.signing_key) >= 50


def test_a_long_key_is_taken_as_it_is() -> None:
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
def test_redis_over_tls_checks_certificates_unless_told_otherwise(given: str, used: str) -> None:
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
def test_the_address_of_sockets_may_be_given_as_platforms_tell_it(given: str, used: str) -> None:
    assert env_with(websocket_url=given).sockets == used


def setting(name: str, **environment: str) -> str:
    show = f"from django.conf import settings; print(settings.{name})"
    return run("python", "-c", show, **environment).stdout.strip()


@pytest.mark.parametrize(
    ("host", "backend"), [("", "config.mail.MissingHostBackend"), ("smtp.example.com", "smtp.EmailBackend")]
)
def test_production_prints_no_mail(host: str, backend: str) -> None:
    assert setting("MAILERS['delivery']['BACKEND']", **PRODUCTION, EMAIL_HOST=host).endswith(backend)


@pytest.mark.parametrize(("plain", "ssl", "tls"), [("", "", "True"), ("true", "", "False"), ("", "true", "False")])
def test_mail_is_encrypted_unless_told_otherwise(plain: str, ssl: str, tls: str) -> None:
    shown = setting(
        "MAILERS['delivery']['OPTIONS']['use_tls']",
        **PRODUCTION | {"EMAIL_HOST": "smtp.example.com", "EMAIL_PLAIN": plain, "EMAIL_USE_SSL": ssl},
    )

    assert shown == tls


@pytest.mark.parametrize(("settings", "read"), [("development", True), ("test", False), ("build", False)])
def test_tests_and_builds_come_out_alike_whatever_a_dotenv_holds(
    settings: str, read: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("ENVIRONMENT=from-the-file\n")
    monkeypatch.setattr(env, "BASE_DIR", tmp_path)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", f"config.settings.{settings}")

    assert (examine()[0].environment == "from-the-file") == read


def test_subdomains_become_an_origin_with_a_star() -> None:
    assert env_with(allowed_hosts=[".example.com"]).origins == ["https://*.example.com"]


# Render
def test_development_settings_refuse_to_run_on_render() -> None:
    ended = run("python", "manage.py", "check", RENDER="true")

    assert ended.returncode == 1
    assert "DJANGO_SETTINGS_MODULE=config.settings.production" in ended.stderr


def test_the_example_file_is_made_from_the_table() -> None:
    assert (BASE_DIR / ".env.example").read_text() == as_example(Env), "Run: python -m config.env docs"


def test_the_documented_table_is_made_from_the_table() -> None:
    assert (BASE_DIR / "docs/environment.md").read_text().endswith(as_table(Env)), "Run: python -m config.env docs"


# Channels
def test_an_asgi_process_keeps_no_connection_open() -> None:
    show = "import config.{0}; from django.conf import settings as s; print(s.DATABASES['default']['CONN_MAX_AGE'])"

    ages = [run("python", "-c", show.format(entry), **PRODUCTION).stdout.strip() for entry in ("wsgi", "asgi")]

    assert ages == ["600", "0"]


COMPONENTS = (BASE_DIR / "config/components").glob("*.py")


def test_every_variable_is_used_by_the_settings_or_an_entry_point() -> None:
    paths = ["config/env.py", "config/gunicorn.py", *(f"config/settings/{name}.py" for name in NAMES)]
    read_in = "".join(path.read_text() for path in [*map(BASE_DIR.joinpath, paths), *COMPONENTS])

    assert [name for name in Env.__dataclass_fields__ if f".{name}" not in read_in] == []
