import time

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from rest_framework.test import APIClient

from apps.accounts import links
from apps.accounts.models import User
from slipway.tests.site.accounts.test_register import alike
from tests.conftest import PASSWORD
from tests.test_accounts import NEW_PASSWORD as NEW
from tests.test_accounts import link_in, profile, query_of, refresh, sign_in

# A full hour, as a Unix time.
NOON = 1_800_000_000 // 3600 * 3600


@pytest.fixture
def link(user, rf):
    return query_of(links.reset_link(rf.get("/"), user))


def ask(api, email="ada@example.com"):
    return lambda: api.post("/api/v1/auth/password/reset/", {"email": email})


def reset(api, link, password=NEW):
    return api.post("/api/v1/auth/password/reset/confirm/", {**link, "new_password": password}, format="json")


def change(api, current=PASSWORD, new=NEW):
    return api.post("/api/v1/auth/password/change/", {"current_password": current, "new_password": new})


def test_changing_the_password_ends_all_sign_ins_but_the_new_one(tokens, signed_in, api):
    new = change(signed_in).json()

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401
    assert profile(new["access"]).status_code == 200
    assert refresh(api, new["refresh"]).status_code == 200


def test_of_the_sign_ins_before_a_new_password_none_is_left(tokens, signed_in, user):
    change(signed_in)

    assert user.sign_ins.count() == 1


def test_the_new_password_signs_in_and_the_old_one_does_not(signed_in, user):
    change(signed_in)

    assert sign_in(APIClient(), email=user.email, password=NEW).status_code == 200
    assert sign_in(APIClient(), email=user.email, password=PASSWORD).status_code == 401


def test_a_weak_new_password_is_refused_and_ends_nothing(signed_in):
    answer = change(signed_in, new="ada@example.com")

    assert list(answer.json()["error"]["fields"]) == ["new_password"]
    assert signed_in.get("/api/v1/users/me/").status_code == 200


def test_the_answer_does_not_tell_whether_there_is_an_account(user, api, outbox):
    answers = []
    outbox(lambda: answers.extend([ask(api)(), ask(api, "nobody@example.com")()]))

    assert alike(answers[0]) == alike(answers[1])
    assert answers[0].status_code == 202


def test_the_account_is_looked_up_after_the_response(user, api, client, django_assert_num_queries):
    for email in (user.email, "nobody@example.com"):
        with django_assert_num_queries(0):
            ask(api, email)()
            client.post("/account/password/reset/", {"email": email})


def test_forty_clients_cannot_send_forty_mails_to_one_person(user, staff, api, client, outbox, caplog):
    senders, answers = [(api, "/api/v1/auth/password/reset/"), (client, "/account/password/reset/")], []
    for number in range(40):
        (sender, path), address = senders[number % 2], f"10.0.0.{number}"
        # allauth's own limit counts by the minute.
        with time_machine.travel(NOON + number * 30):
            outbox(lambda: answers.append(sender.post(path, {"email": user.email}, REMOTE_ADDR=address)))  # noqa: B023
    with time_machine.travel(NOON + 1200):
        mails = outbox(ask(api, staff.email))

    assert [answer.status_code for answer in answers] == [202, 302] * 20
    assert [mail.to for mail in mails] == [[user.email]] * 5 + [[staff.email]]
    assert user.email not in caplog.text


def test_the_first_link_still_works_when_no_more_mails_are_sent(user, api, outbox):
    with time_machine.travel(NOON):
        mails = outbox(lambda: [ask(api)() for _ in range(10)])

        assert len(mails) == 5
        assert reset(api, query_of(link_in(mails[0]))).status_code == 200


def test_an_hour_later_mails_are_sent_again(user, api, outbox):
    with time_machine.travel(NOON):
        outbox(lambda: [ask(api)() for _ in range(6)])
    with time_machine.travel(NOON + 3600):
        mails = outbox(ask(api))

    assert len(mails) == 6


def test_a_link_is_worth_nothing_after_a_change_of_address(link, user, api):
    user.email = "countess@example.com"
    user.save()

    assert reset(api, link).status_code == 400


def test_only_the_owner_of_an_active_account_gets_a_link(user, staff, api, outbox):
    User.objects.filter(pk=staff.pk).update(is_active=False)
    mails = outbox(lambda: [ask(api, email)() for email in ("ADA@example.com", staff.email, "nobody@example.com")])

    assert [mail.to for mail in mails] == [[user.email]]


def test_the_mailed_link_leads_to_the_sites_own_page(user, api, client, outbox):
    link = link_in(outbox(ask(api))[0])

    assert link.startswith("http://testserver/reset-password/?")
    assert client.get(link).status_code == 200


def test_the_mailed_link_leads_to_the_frontend_where_there_is_one(user, api, outbox, settings):
    settings.FRONTEND_URL = "https://app.example.com"

    assert link_in(outbox(ask(api))[0]).startswith("https://app.example.com/reset-password?uid=")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_uses_of_a_link_only_one_succeeds(link, simultaneously):
    statuses = simultaneously(lambda number: reset(APIClient(), link, f"{NEW} {number}").status_code)

    assert statuses == [200, 400, 400, 400]


def test_the_link_expires(link, api, settings):
    # To a number of seconds: a date would bring its own time zone along.
    with time_machine.travel(time.time() + settings.PASSWORD_RESET_TIMEOUT + 1):
        assert reset(api, link).status_code == 400


def test_the_link_is_good_for_its_user_only(link, staff, rf, api):
    other = query_of(links.reset_link(rf.get("/"), staff))

    assert reset(api, {"uid": other["uid"], "token": link["token"]}).status_code == 400


def test_the_link_of_a_deactivated_user_is_worth_nothing(link, api):
    User.objects.update(is_active=False)

    assert reset(api, link).status_code == 400


@pytest.mark.parametrize("uid", ["", "x", "é", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "_w"])
def test_a_mangled_link_is_worth_nothing(uid, link, api):
    assert reset(api, {**link, "uid": uid}).status_code == 400


def test_a_weak_password_leaves_the_link_good(link, api):
    refused = reset(api, link, "short")

    assert list(refused.json()["error"]["fields"]) == ["new_password"]
    assert reset(api, link).status_code == 200


def test_resetting_the_password_ends_all_sign_ins(tokens, user, rf, api):
    user.refresh_from_db()
    reset(api, query_of(links.reset_link(rf.get("/"), user)))

    assert profile(tokens["access"]).status_code == 401
    assert refresh(api, tokens["refresh"]).status_code == 401


@pytest.mark.parametrize("passwords", [("short", "short"), (NEW, "something else")])
def test_the_page_refuses_and_shows_the_form_again(passwords, link, user, client):
    answer = client.post("/reset-password/", {**link, "new_password1": passwords[0], "new_password2": passwords[1]})

    assert answer.context["form"].errors
    assert User.objects.get().check_password(PASSWORD)


def test_the_page_of_a_used_link_says_so(link, api, client):
    reset(api, link)

    assert client.get("/reset-password/", link).status_code == 400
    assert client.post("/reset-password/", {**link, "new_password1": NEW, "new_password2": NEW}).status_code == 400


def test_the_page_is_not_kept_by_caches(link, client):
    assert "no-store" in client.get("/reset-password/", link)["Cache-Control"]


@pytest.fixture
def unconfirmed(user, settings):
    settings.CONFIRM_EMAIL = True
    User.objects.filter(pk=user.pk).update(awaits_confirmation=True)
    return EmailAddress.objects.create(user=user, email=user.email, primary=True)


def test_the_confirmation_page_confirms_with_a_click_only(unconfirmed, client):
    link = {"token": EmailConfirmationHMAC.create(unconfirmed).key}
    client.get("/confirm-email/", link)
    opened = User.objects.get().awaits_confirmation
    done = client.post("/confirm-email/", link)

    assert opened
    assert done["Location"] == "/account/login/"
    assert not User.objects.get().awaits_confirmation


def test_the_confirmation_page_refuses_a_forged_token(unconfirmed, client):
    assert client.post("/confirm-email/", {"token": "forged"}).status_code == 400
    assert User.objects.get().awaits_confirmation


def test_links_use_the_site_url_instead_of_the_host_header(user, api, outbox, settings):
    settings.SITE_URL = "https://www.example.org"

    assert link_in(outbox(ask(api))[0]).startswith("https://www.example.org/reset-password/?")
