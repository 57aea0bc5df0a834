"""The demo account: which databases get one, and who learns its password."""

import sqlite3
from contextlib import closing

import pytest
from django.contrib.auth import hashers
from django.core.checks import Tags, run_checks
from django.urls import reverse
from django.utils.crypto import get_random_string

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD, create_demo_account, has_demo_password
from apps.accounts.models import User
from slipway.tests.site.serving.server import free_port
from tests.commands import PRODUCTION, run

DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "config.settings.development"}


@pytest.fixture
def demo_account(db):
    create_demo_account()
    return User.objects.get(email=DEMO_EMAIL)


@pytest.fixture
def board(client, settings):
    settings.DEBUG = True
    return lambda: client.get("/").text


@pytest.fixture
def prepare(tmp_path):
    """`manage.py dev --prepare` on the database of a DATABASE_URL. Returns its output and the addresses of users."""
    path = tmp_path / "shared.sqlite3"

    def prepared(*arguments):
        environment = {"PORT": str(free_port()), "DATABASE_URL": f"sqlite:///{path}"}
        done = run("python", "manage.py", "dev", "--prepare", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        with closing(sqlite3.connect(path)) as database:
            return done.stdout, [email for (email,) in database.execute("SELECT email FROM accounts_user")]

    return prepared


def test_the_demo_account_can_sign_in_to_the_admin(client, demo_account):
    response = client.post(reverse("account_login"), {"login": DEMO_EMAIL, "password": DEMO_PASSWORD})

    assert response.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_an_existing_demo_account_is_not_changed(db):
    existing = User.objects.create_user(DEMO_EMAIL, get_random_string(12), is_active=False)
    create_demo_account()

    existing.refresh_from_db()
    assert not existing.is_superuser
    assert not has_demo_password()


def test_a_database_with_users_gets_no_demo_account(user):
    create_demo_account()

    assert not User.objects.filter(email=DEMO_EMAIL).exists()


def test_a_database_of_database_url_gets_a_demo_account_only_if_asked(prepare):
    output, users = prepare()
    assert users == []
    assert DEMO_PASSWORD not in output

    output, users = prepare("--demo")
    assert users == [DEMO_EMAIL]
    assert DEMO_PASSWORD in output


def test_the_default_database_is_recognized():
    show = "import django; django.setup(); from apps.accounts.demo import is_embedded_database as f; print(f())"

    assert run("python", "-c", show, **DEVELOPMENT).stdout == "True\n"
    for url in ("sqlite:////tmp/db.sqlite3", "sqlite://", "postgres://somebody:hidden@localhost/nothing"):
        assert run("python", "-c", show, **DEVELOPMENT, DATABASE_URL=url).stdout == "False\n"


def test_the_board_shows_the_password_until_it_is_changed(board, demo_account):
    assert DEMO_PASSWORD in board()

    demo_account.set_password("another fine password")
    demo_account.save()

    assert DEMO_PASSWORD not in board()


def test_the_board_shows_no_password_without_a_demo_account(board, db):
    assert DEMO_PASSWORD not in board()


def test_the_board_shows_no_password_to_somebody_who_is_signed_in(board, demo_account, client):
    client.force_login(demo_account)

    assert DEMO_PASSWORD not in board()


def test_the_board_verifies_a_password_hash_once(board, demo_account, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["apps.accounts.hashers.Argon2PasswordHasher"]
    demo_account.set_password(DEMO_PASSWORD)
    demo_account.save()
    hasher = hashers.get_hasher("argon2")
    verified = []
    verify = type(hasher).verify
    monkeypatch.setattr(type(hasher), "verify", lambda self, *arguments: verified.append(1) or verify(self, *arguments))

    assert DEMO_PASSWORD in board()
    assert DEMO_PASSWORD in board()
    assert len(verified) == 1


def found(**options):
    return [message.id for message in run_checks(tags=[Tags.security], **options) if message.id == "accounts.E001"]


def test_only_deployment_checks_fail_while_the_password_is_public(demo_account):
    assert found() == []
    assert found(include_deployment_checks=True) == ["accounts.E001"]

    demo_account.set_password("another fine password")
    demo_account.save()

    assert found(include_deployment_checks=True) == []


def test_check_and_doctor_fail_and_say_what_to_do(prepare, tmp_path):
    prepare("--demo")
    environment = PRODUCTION | {"DATABASE_URL": f"sqlite:///{tmp_path / 'shared.sqlite3'}"}

    check = run("python", "manage.py", "check", "--deploy", **environment)
    doctor = run("python", "manage.py", "doctor", **environment)

    for done in (check, doctor):
        assert done.returncode == 1
        assert "accounts.E001" in done.stdout + done.stderr
        assert f"python manage.py changepassword {DEMO_EMAIL}" in done.stdout + done.stderr
        assert DEMO_PASSWORD not in done.stdout + done.stderr


@pytest.mark.parametrize("url", [PRODUCTION["DATABASE_URL"], "sqlite://"], ids=["unreachable", "unmigrated"])
def test_the_check_tolerates_a_database_that_cannot_answer(url):
    done = run("python", "manage.py", "check", "--deploy", **PRODUCTION | {"DATABASE_URL": url})

    assert done.returncode == 0, done.stderr
    assert "E001" not in done.stderr
