import pytest

from tests.commands import PRODUCTION, run

GOOD = PRODUCTION | {"REDIS_URL": "redis://redis:6379/0", "EMAIL_HOST": "smtp.example.com"}


def doctor(*arguments: str, **environment: str) -> tuple[int, str]:
    result = run("python", "manage.py", "doctor", *arguments, **environment)
    return result.returncode, result.stdout


def test_valid_settings_pass() -> None:
    code, output = doctor(**GOOD)

    assert code == 0
    assert "The production settings of web are valid" in output


def test_all_missing_and_invalid_variables_are_reported_without_values() -> None:
    code, output = doctor(DJANGO_SETTINGS_MODULE="config.settings.production", EMAIL_PORT="hush-hush")

    assert code == 1
    assert all(name in output for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_PORT"))
    assert "hush-hush" not in output


@pytest.mark.parametrize(
    ("process", "code"),
    [
        ("web", 1),
        # Channels
        ("ws", 1),
        # Celery
        ("worker", 0),
        ("beat", 0),
    ],
)
def test_only_processes_that_answer_requests_need_hosts(process: str, code: int) -> None:
    assert doctor("--for", process, **GOOD | {"ALLOWED_HOSTS": ""})[0] == code


def test_plain_http_is_an_error() -> None:
    code, output = doctor(**GOOD | {"SECURE_SSL_REDIRECT": "false"})

    assert code == 1
    assert "security.W008" in output


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"EMAIL_HOST": ""}, "EMAIL_HOST is not set"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"DATABASE_URL": "sqlite:////tmp/x.sqlite3"}, "DATABASE_URL is SQLite"),
    ],
)
def test_missing_services_are_advice(change: dict[str, str], advice: str) -> None:
    code, output = doctor(**GOOD | change)

    assert code == 0
    assert advice in output


def test_development_needs_no_variables() -> None:
    assert doctor()[0] == 0
