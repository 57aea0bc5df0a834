import re
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Upper
from django.test import Client, override_settings

from apps.accounts.models import User
from config.settings import base
from tests.conftest import PASSWORD


def create() -> None:
    User.objects.create(email="ADA@Example.com")


def create_user() -> None:
    User.objects.create_user("ADA@Example.com")


def bulk_create() -> None:
    User.objects.bulk_create([User(email="ADA@Example.com")])


def save() -> None:
    User(email="ADA@Example.com").save()


def update() -> None:
    User.objects.filter(pk=User.objects.create(email="grace@example.com").pk).update(email="ADA@Example.com")


def bulk_update() -> None:
    other = User.objects.create(email="grace@example.com")
    other.email = "ADA@Example.com"
    User.objects.bulk_update([other], ["email"])


@pytest.mark.parametrize("write", [create, create_user, bulk_create, save, update, bulk_update])
def test_no_writer_makes_a_second_account_for_an_address_in_capitals(write, user):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_not_even_an_expression_stores_capitals(user):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.update(email=Upper(F("email")))


def test_a_form_says_that_an_address_in_capitals_is_taken(user):
    with pytest.raises(ValidationError) as refusal:
        User(email="ADA@Example.com", password="x").full_clean()

    assert list(refusal.value.message_dict) == ["email"]


def test_an_address_in_capitals_is_valid(db):
    given = User(email="ADA@Example.com", password="x")
    given.full_clean()

    assert given.email == "ada@example.com"


def test_the_saved_object_knows_its_address_in_lower_case(db):
    assert User.objects.create(email="ADA@Example.com").email == "ada@example.com"


@pytest.mark.parametrize("lookup", ["email", "email__iexact", "email__istartswith", "email__icontains"])
def test_a_query_finds_an_address_in_capitals(lookup, user):
    assert User.objects.get(**{lookup: "ADA@Example.com"}) == user


def test_a_query_for_several_addresses_finds_capitals(user):
    assert User.objects.get(email__in=["ADA@Example.com"]) == user


def test_the_natural_key_finds_capitals(user):
    assert User.objects.get_by_natural_key("ADA@Example.com") == user


def test_a_user_needs_an_address(db):
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("")


def test_the_sign_in_page_takes_an_address_in_capitals_and_with_blanks(client: Client, staff):
    answer = client.post("/account/login/", {"login": " GRACE@Example.com ", "password": PASSWORD, "next": "/admin/"})

    assert answer["Location"] == "/admin/"


def test_createsuperuser_makes_one_who_may_sign_in_at_once(db, rf, monkeypatch, settings):
    settings.CONFIRM_EMAIL = True
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--email", "ADA@Example.com", stdout=StringIO())

    found = authenticate(rf.post("/"), username="ada@example.com", password=PASSWORD)

    assert found
    assert found.is_superuser


def test_createsuperuser_refuses_an_address_that_is_taken(user, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    with pytest.raises(Exception, match=re.escape("already taken")):
        call_command("createsuperuser", "--noinput", "--email", "ADA@Example.com", stdout=StringIO())


def test_passwords_are_hashed_with_argon2():
    with override_settings(PASSWORD_HASHERS=base.PASSWORD_HASHERS):
        assert identify_hasher(make_password(PASSWORD)).algorithm == "argon2"


@pytest.mark.parametrize("password", ["ada@example.com", "Lovelace1", "short", "password1", "8236492384"])
def test_a_weak_password_is_refused(password, db, api):
    answer = api.post("/api/v1/auth/register/", {"email": "ada@example.com", "name": "Lovelace", "password": password})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["password"]
