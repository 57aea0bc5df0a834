"""With REQUIRE_STAFF_MFA, what is for staff opens with a second factor only."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.urls import URLPattern, reverse

from apps.accounts.models import User
from slipway.tests.site.accounts.test_second_factor import code
from tests.conftest import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"
USERS = "/api/v1/users/"


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_STAFF_MFA = True


@pytest.fixture
def superuser(db):
    return User.objects.create_superuser("grace@example.com", PASSWORD)


def add_factor(user, kind):
    if kind == "totp":
        TOTP.activate(user, SECRET)
    elif kind == "webauthn":
        Authenticator.objects.create(user=user, type=kind, data={})
    else:
        RecoveryCodes.activate(user)


def urls(patterns, namespace="admin:"):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            argument = "auth" if pattern.name == "app_list" else "1"
            if pattern.name:
                yield reverse(f"{namespace}{pattern.name}", args=[argument] * pattern.pattern.regex.groups)
        else:
            yield from urls(pattern.url_patterns, namespace)


def test_no_page_of_the_admin_opens_without_a_second_factor(superuser, client, settings):
    client.force_login(superuser)
    pages = {*urls(admin.site.urls[0]), "/admin/no/such/page/"} - {"/admin/login/"}

    assert len(pages) > 30
    for method in (client.get, client.post):
        # Signing out leads to the front page of the admin.
        assert {page: method(page)["Location"].partition("?")[0] for page in pages} == {
            page: "/admin/" if page == "/admin/logout/" else "/admin/login/" for page in pages
        }


@pytest.mark.django_db(transaction=True)
def test_staff_add_a_factor_and_come_back(superuser, client):
    page = "/admin/accounts/user/?q=ada"
    client.post("/account/login/", {"login": superuser.email, "password": PASSWORD})
    asked = client.get(page, follow=True)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = client.get("/account/2fa/totp/activate/").context["form"].secret
    answer = client.post("/account/2fa/totp/activate/", {"code": code(secret)})
    codes = client.get(answer["Location"])

    assert asked.redirect_chain[-1] == ("/account/2fa/", 302)
    assert "The admin needs a second factor" in asked.text
    assert answer["Location"] == "/account/2fa/recovery-codes/"
    assert f'<a href="{page}">Continue</a>' in codes.text
    assert client.get(page).status_code == 200
    assert "Continue" not in client.get("/account/2fa/").text


@pytest.mark.parametrize(("kind", "status"), [("totp", 200), ("webauthn", 200), ("recovery_codes", 302)])
def test_recovery_codes_alone_are_not_enough(kind, status, superuser, client):
    add_factor(superuser, kind)
    client.force_login(superuser)

    assert client.get("/admin/").status_code == status


def test_without_the_last_factor_the_admin_closes_again(superuser, client):
    add_factor(superuser, "totp")
    client.force_login(superuser)
    before = client.get("/admin/").status_code
    superuser.authenticator_set.all().delete()

    assert (before, client.get("/admin/").status_code) == (200, 302)


@pytest.mark.parametrize("url", ["https://evil.example.com/", "//evil.example.com/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(url, superuser, client):
    client.force_login(superuser)
    client.get("/admin/login/", {"next": url})

    assert client.session["admin_next"] == "/admin/"


def test_other_users_are_not_led_anywhere(user, client):
    client.force_login(user)

    assert client.get("/admin/login/").status_code == 403


def test_sign_ins_from_before_the_setting_see_no_other_users(superuser, api, client, settings):
    settings.REQUIRE_STAFF_MFA = False
    tokens = api.post("/api/v1/auth/login/", {"email": superuser.email, "password": PASSWORD}).json()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    client.force_login(superuser)
    before = [each.get(USERS).status_code for each in (api, client)]
    settings.REQUIRE_STAFF_MFA = True
    answers = [each.get(USERS) for each in (api, client)]

    assert before == [200, 200]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["error"]["code"] == "mfa_setup_required"
    assert api.get("/api/v1/users/me/").status_code == 200
    add_factor(superuser, "totp")
    assert [each.get(USERS).status_code for each in (api, client)] == [200, 200]


def test_users_learn_nothing_about_the_setting(signed_in):
    assert signed_in.get(USERS).json()["error"]["code"] == "permission_denied"


def test_the_status_page_is_closed(superuser, client):
    client.force_login(superuser)
    before = client.get("/status/").status_code
    add_factor(superuser, "totp")

    assert (before, client.get("/status/").status_code) == (404, 200)


def test_without_the_setting_staff_need_no_second_factor(superuser, client, settings):
    settings.REQUIRE_STAFF_MFA = False
    client.force_login(superuser)

    assert client.get("/admin/").status_code == 200


def test_the_form_of_the_admin_does_not_replace_the_second_factor(staff, client):
    """A member of staff who knows the password of an administrator."""
    superuser = User.objects.create_superuser("root@example.com", PASSWORD)
    for account in (staff, superuser):
        add_factor(account, "totp")
    client.force_login(staff)
    client.post("/admin/login/", {"username": superuser.email, "password": PASSWORD, "next": "/admin/"})

    assert client.session["_auth_user_id"] == str(staff.pk)
