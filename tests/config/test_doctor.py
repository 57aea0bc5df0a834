import pytest

from tests.commands import PRODUCTION, run

GOOD = PRODUCTION | {
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_HOST": "smtp.example.com",
}


def doctor(*arguments: str, **environment: str) -> tuple[int, str]:
    done = run("python", "manage.py", "doctor", *arguments, **environment)
    assert done.stderr == ""
    return done.returncode, done.stdout


# Cloudinary
def test_a_good_environment_is_in_order() -> None:
    code, said = doctor(**GOOD, CLOUDINARY_URL="cloudinary://key:secret@cloud")

    assert (code, said.strip()) == (0, "The production settings of web are in order.")


def test_all_that_is_missing_or_invalid_is_told_at_once() -> None:
    code, said = doctor(DJANGO_SETTINGS_MODULE="config.settings.production", EMAIL_PORT="hush-hush")

    assert code == 1
    assert all(name in said for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_PORT"))
    assert "hush-hush" not in said


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
def test_only_those_who_answer_requests_need_hosts(process: str, code: int) -> None:
    assert doctor("--for", process, **GOOD | {"ALLOWED_HOSTS": ""})[0] == code


def test_plain_http_is_unsafe() -> None:
    code, said = doctor(**GOOD | {"SECURE_SSL_REDIRECT": "false"})

    assert code == 1
    assert "security.W008" in said


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({}, "lost at the next deploy"),
        ({"EMAIL_HOST": ""}, "nobody gets a mail"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"DATABASE_URL": "sqlite:////tmp/x.sqlite3"}, "DATABASE_URL is SQLite"),
    ],
)
def test_what_would_be_lost_is_advice_and_no_failure(change: dict[str, str], advice: str) -> None:
    code, said = doctor(**GOOD | change)

    assert code == 0
    assert advice in said


def test_this_machine_needs_nothing() -> None:
    assert doctor()[0] == 0
