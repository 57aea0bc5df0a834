"""The account pages in a real browser, by keyboard, with a virtual authenticator for passkeys."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from apps.accounts.models import User
from slipway.tests.site.accounts.test_codes import turn_on_sign_in_by_code
from slipway.tests.site.browser import chromium as chromium
from slipway.tests.site.browser import new_tab as new_tab
from slipway.tests.site.browser import open_tab as open_tab
from slipway.tests.waiting import wait_for
from tests.conftest import PASSWORD
from tests.test_accounts import link_in

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS: list[dict[str, Any]] = [{"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}, {}]


@pytest.fixture(autouse=True)
def http_on_localhost(settings: Any) -> None:
    settings.CONFIRM_EMAIL = True
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True


class Visitor:
    def __init__(self, tab: Any, mailoutbox: list[Any]) -> None:
        self.tab, self.page, self.mails = tab, tab.page, mailoutbox

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.fill(f"[name={name}]:visible", value)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).or_(
                self.page.get_by_role("link", name=name, exact=True)
            ).first.press("Enter")

    def open_mailed_link(self) -> None:
        mail = wait_for(lambda: self.mails and self.mails[-1])
        self.page.goto(link_in(mail).replace("http://testserver", self.tab.site))
        self.mails.clear()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def confirm_access(self) -> None:
        if "/reauthenticate/" in self.page.url:
            self.fill(password=PASSWORD)

    def add_authenticator(self) -> None:
        session = self.tab.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def code(secret: str, periods: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


@pytest.mark.parametrize("look", LOOKS, ids=["phone", "desktop"])
def test_a_user_does_everything_with_an_account(look: Any, open_tab: Any, mailoutbox: list[Any], tmp_path: Any) -> None:
    tab = open_tab("/", **look)
    visitor = Visitor(tab, mailoutbox)
    visitor.add_authenticator()
    page = tab.page

    visitor.press("Sign in")
    page.get_by_role("link", name="sign up").press("Enter")
    page.wait_for_url("**/signup/")
    visitor.fill(email="ada@example.com", name="Ada", password1=PASSWORD)
    visitor.open_mailed_link()
    visitor.press("Confirm my address")
    visitor.sees("Your address is confirmed.")
    visitor.fill(login="ada@example.com", password=PASSWORD)
    page.wait_for_url("**/account/")

    page.goto("/account/2fa/totp/activate/")
    page.set_default_timeout(6000)
    visitor.confirm_access()
    secret = page.input_value("#authenticator_secret")
    visitor.fill(code=code(secret))
    codes = page.locator("textarea").input_value().split()
    assert len(codes) == 10

    page.goto("/account/2fa/webauthn/add/")
    page.fill("[name=name]", "Phone")
    page.check("[name=passwordless]")
    with page.expect_navigation():
        page.click("#mfa_webauthn_add")
    page.goto("/account/2fa/")
    visitor.sees("You have added 1 security key.")

    visitor.press("Sign out")
    page.goto("/account/login/")
    visitor.fill(login="ada@example.com", password=PASSWORD)
    visitor.fill(code=codes[0])
    page.wait_for_url("**/account/")
    visitor.press("Sign out")
    page.goto("/account/login/")
    with page.expect_navigation():
        page.click("#passkey_login")
    page.wait_for_url("**/account/")

    page.goto("/account/email/")
    visitor.fill(email="lovelace@example.com")
    visitor.confirm_access()
    visitor.sees("lovelace@example.com replaces it")
    visitor.open_mailed_link()
    visitor.press("Confirm my address")
    assert User.objects.get().email == "lovelace@example.com"
    wait_for(lambda: [mail.to for mail in mailoutbox] == [["ada@example.com"]])

    page.goto("/account/delete/")
    visitor.fill(password=PASSWORD)
    visitor.sees("Your account is deleted.")
    assert not User.objects.exists()
    assert tab.errors == []


@pytest.mark.parametrize("look", LOOKS, ids=["phone", "desktop"])
def test_staff_add_a_security_key_and_come_back_to_the_admin(look: Any, open_tab: Any, settings: Any) -> None:
    settings.REQUIRE_STAFF_MFA = True
    tab = open_tab("/account/login/", **look)
    visitor = Visitor(tab, [])
    visitor.add_authenticator()
    tab.sign_in(User.objects.create_superuser("grace@example.com", PASSWORD))
    page = tab.page

    page.goto("/admin/accounts/user/")
    visitor.sees("The admin needs a second factor")
    page.get_by_role("link", name="Add").press("Enter")
    visitor.fill(password=PASSWORD)
    with page.expect_navigation():
        page.locator("#mfa_webauthn_add").press("Enter")
    visitor.press("Continue")

    assert page.url.endswith("/admin/accounts/user/")
    assert tab.errors == []


@pytest.mark.parametrize("look", LOOKS, ids=["phone", "desktop"])
def test_a_user_signs_in_with_a_mailed_code(
    look: Any, open_tab: Any, user: User, mailoutbox: list[Any], settings: Any
) -> None:
    turn_on_sign_in_by_code(settings)
    tab = open_tab("/account/login/", **look)
    visitor = Visitor(tab, mailoutbox)

    visitor.press("Send me a sign-in code")
    visitor.fill(email=user.email)
    assert tab.low_contrast_texts() == []
    assert tab.width() == tab.page.viewport_size["width"]
    visitor.press("Cancel")
    visitor.press("Send me a sign-in code")
    mailoutbox.clear()
    visitor.fill(email=user.email)
    mail = wait_for(lambda: mailoutbox and mailoutbox[-1])
    visitor.fill(code=re.search(r"code is (\S+)\.", mail.body)[1])  # type: ignore[index]

    assert tab.page.url.endswith("/account/")
    assert tab.errors == []


def test_other_devices_are_signed_out(open_tab: Any, user: User, api: Any) -> None:
    tabs = [open_tab("/account/login/") for _ in range(2)]
    for tab in tabs:
        tab.page.fill("[name=login]", user.email)
        tab.page.fill("[name=password]", PASSWORD)
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_url("**/account/")
    tokens = api.post("/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}).json()

    tabs[0].page.goto("/account/sessions/")
    expect(tabs[0].page.locator(".rows > li")).to_have_count(3)
    with tabs[0].page.expect_navigation():
        tabs[0].page.get_by_role("button", name="Sign out everywhere else").click()
    tabs[1].page.goto("/account/")
    tabs[0].page.goto("/account/")

    assert "/account/login/" in tabs[1].page.url
    assert re.search(r"/account/$", tabs[0].page.url)
    assert api.post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]}).status_code == 401


PAGES = ["login/", "signup/", "password/reset/"]
OWN_PAGES = ["", "email/", "password/change/", "2fa/", "sessions/", "delete/"]


@pytest.mark.parametrize("address", PAGES + OWN_PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_on_a_phone(address: str, scheme: Any, open_tab: Any, new_tab: Any, user: User) -> None:
    tab = open_tab("/account/login/", viewport={"width": 360, "height": 740}, color_scheme=scheme)
    if address in OWN_PAGES:
        tab.sign_in(user)
    tab.page.goto(f"/account/{address}")

    assert tab.page.url.endswith(f"/account/{address}")
    assert tab.low_contrast_texts() == []
    assert tab.width() == 360
    assert tab.errors == []
