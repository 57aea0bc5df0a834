from datetime import timedelta

import pytest
import time_machine
from allauth.account.signals import user_signed_up
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.conftest import PASSWORD
from tests.test_accounts import link_in, query_of, sign_in

NEW = {"email": "new@example.com", "password": PASSWORD, "name": "New"}


def alike(answer):
    """All that a caller sees of an answer, without what differs each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-ID", "Date")}
    return answer.status_code, answer.json(), headers


def token_in(mail):
    return query_of(link_in(mail))["token"]


def register(api, **changes):
    return lambda: api.post("/api/v1/auth/register/", {**NEW, **changes})


def test_registering_a_taken_address_makes_no_second_account_and_changes_none(user, api, outbox):
    before = User.objects.values().get()
    outbox(register(api, email="ADA@example.com", name="Mallory"))

    assert User.objects.values().get() == before


def test_the_owner_of_a_taken_address_gets_a_mail(user, api, outbox):
    mails = outbox(register(api, email="ADA@example.com"))

    assert [mail.to for mail in mails] == [["ada@example.com"]]
    assert "welcome" not in mails[0].subject.lower()


@pytest.mark.parametrize("confirm", [False, True])
def test_the_answer_does_not_tell_whether_an_address_is_taken(confirm, user, api, outbox, settings):
    settings.CONFIRM_EMAIL = confirm
    answers = []
    outbox(lambda: answers.extend([register(api)(), register(api, email=user.email)(), register(api)()]))

    assert alike(answers[0]) == alike(answers[1]) == alike(answers[2])
    assert answers[0].status_code == 202


def test_a_weak_password_is_refused_alike_for_a_taken_address(user, api):
    answers = [register(api, password="short", email=email)() for email in (user.email, "new@example.com")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json()["error"]["fields"] == answers[1].json()["error"]["fields"]


def test_the_page_asks_for_a_confirmed_address_too(db, api, client, outbox, settings):
    settings.CONFIRM_EMAIL = True
    given = {"login": NEW["email"], "password": PASSWORD}
    (mail,) = outbox(register(api))
    refused = client.post("/account/login/", given)
    client.post("/confirm-email/", {"token": token_in(mail)})

    assert refused["Location"] == "/account/confirm-email/"
    assert client.post("/account/login/", given)["Location"] == "/account/"


def test_accounts_from_before_may_sign_in_when_addresses_must_be_confirmed(user, api, client, settings):
    settings.CONFIRM_EMAIL = True

    assert sign_in(api, user.email).status_code == 200
    assert client.post("/account/login/", {"login": user.email, "password": PASSWORD})["Location"] == "/account/"


def test_the_mailed_token_confirms(db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    mails = outbox(register(api))
    confirmed = api.post("/api/v1/auth/confirm-email/", {"token": token_in(mails[0])})

    assert confirmed.status_code == 200
    assert sign_in(api, NEW["email"]).status_code == 200


ATTACKER = "the attacker's password"


@pytest.mark.parametrize("order", [[ATTACKER, PASSWORD], [PASSWORD, ATTACKER], [ATTACKER, PASSWORD, ATTACKER]])
def test_whoever_registers_first_or_last_the_owner_of_the_address_gets_the_account(order, db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    mails = [outbox(register(api, password=password))[-1] for password in order]
    confirmed = api.post("/api/v1/auth/confirm-email/", {"token": token_in(mails[0])})
    link = query_of(link_in(mails[-1]))
    chosen = api.post("/api/v1/auth/password/reset/confirm/", {**link, "new_password": "chosen by the owner"})

    assert (confirmed.status_code, chosen.status_code) == (400, 200)
    assert sign_in(api, NEW["email"], ATTACKER).status_code == 401
    assert sign_in(api, NEW["email"], "chosen by the owner").status_code == 200


def test_a_stranger_who_registers_again_and_again_does_not_invalidate_the_link(db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    mails = [outbox(register(api))[-1] for _ in range(8)]
    # The first mail confirms.
    link = query_of(link_in(mails[1]))
    chosen = api.post("/api/v1/auth/password/reset/confirm/", {**link, "new_password": "chosen by the owner"})

    assert chosen.status_code == 200


def test_a_confirmation_expires(db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    mails = outbox(register(api))
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        answer = api.post("/api/v1/auth/confirm-email/", {"token": token_in(mails[0])})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["token"]


def test_a_confirmation_works_once(db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    token = token_in(outbox(register(api))[0])
    answers = [api.post("/api/v1/auth/confirm-email/", {"token": token}).status_code for _ in range(2)]

    assert answers == [200, 400]
    assert sign_in(api, NEW["email"]).status_code == 200


def test_a_deactivated_account_cannot_confirm(db, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    token = token_in(outbox(register(api))[0])
    User.objects.update(is_active=False)

    assert api.post("/api/v1/auth/confirm-email/", {"token": token}).status_code == 400


def test_resetting_the_password_by_mail_confirms(user, api, outbox, settings):
    settings.CONFIRM_EMAIL = True
    (mail,) = outbox(lambda: api.post("/api/v1/auth/password/reset/", {"email": user.email}))
    query = query_of(link_in(mail))
    api.post("/api/v1/auth/password/reset/confirm/", {**query, "new_password": "another long phrase"})

    assert sign_in(api, user.email, "another long phrase").status_code == 200


def sign_up(client, **changes):
    given = {"email": NEW["email"], "password1": PASSWORD, "name": "New", **changes}
    return client.post("/account/signup/", given)


def test_the_sign_up_page_makes_an_account_and_mails_a_link(db, client, outbox):
    answers = []
    (mail,) = outbox(lambda: answers.append(sign_up(client)))

    assert answers[0]["Location"] == "/account/confirm-email/"
    assert client.get("/confirm-email/", {"token": token_in(mail)}).status_code == 200
    assert User.objects.get().name == "New"


def test_the_sign_up_page_answers_alike_for_a_taken_address(user, client, outbox):
    answers = []
    mails = outbox(lambda: answers.extend([sign_up(client), sign_up(client, email=user.email)]))

    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/account/confirm-email/")] * 2
    assert [dict(answer.cookies) for answer in answers] == [{}, {}]
    assert {mail.to[0] for mail in mails} == {NEW["email"], user.email}


@pytest.mark.parametrize(
    "weak", [{"password1": "short"}, {"name": "Countess Lovelace", "password1": "countess lovelace"}]
)
def test_the_sign_up_page_refuses_a_weak_password(weak, db, client):
    answer = sign_up(client, **weak)

    assert answer.context["form"].errors["password1"]
    assert not User.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_registrations_of_one_address_one_makes_an_account(simultaneously, mailoutbox):
    def send(number):
        given = {**NEW, "password": f"{PASSWORD} {number}"}
        return APIClient().post("/api/v1/auth/register/", given, format="json").status_code

    statuses = simultaneously(send)

    assert statuses == [202, 202, 202, 202]
    assert User.objects.count() == 1
    assert sorted(mail.subject.partition(" at ")[0] for mail in mailoutbox)[-3:] == ["You have an account"] * 3
    assert len(mailoutbox) == 4


def test_registering_tells_receivers_of_allauth(db, api):
    told = []
    user_signed_up.connect(receiver := lambda user, **signal: told.append(user.email))
    register(api)()
    user_signed_up.disconnect(receiver)

    assert told == [NEW["email"]]
