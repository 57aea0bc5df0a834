"""The mailbox of development in a browser: its frame, its links and its layout."""

import pytest
from django.core.mail import EmailMultiAlternatives
from playwright.sync_api import expect

from apps.accounts import links
from config.mail import send_from_template
from slipway.tests.site.browser import APPEARANCES, appearance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "unbroken" * 30
HOSTILE = """<!doctype html><p id="mode">Hello</p>
<script>document.getElementById("mode").textContent = "A script ran"</script>
<img src="data:," onerror="document.body.textContent = 'A handler ran'">
<form action="/admin/"><button>Post</button></form>"""


@pytest.fixture
def mails(mailbox):
    """E-mails of the site and one that is long, all stored in the mailbox."""
    send_from_template(to="ada@example.com", template="already_registered", context={"link": "http://localhost/"})
    mail = EmailMultiAlternatives(f"Subject {LONG}", f"https://x.example/{LONG}", to=[f"{LONG}@example.com"])
    mail.attach_alternative("<p>Hello</p>", "text/html")
    mail.attach(f"{LONG}.pdf", b"%PDF", "application/pdf")
    mail.send()
    return mailbox


def test_a_link_in_the_html_opens_a_page_that_works(open_tab, live_server, mails, user, rf):
    link = links.reset_link(rf.get("/"), user).replace("http://testserver", live_server.url)
    send_from_template(to=user.email, template="reset_password", context={"link": link})
    tab = open_tab("/")
    tab.page.get_by_role("link", name="Mailbox").click()
    tab.page.get_by_role("link", name="Set a new password").click()
    with tab.context.expect_page() as opened:
        tab.page.frame_locator("iframe").get_by_role("link", name="Continue").click()
    page = opened.value
    for name in ("new_password1", "new_password2"):
        page.fill(f"[name={name}]", "another fine password")
    with page.expect_navigation():
        page.press("[name=new_password2]", "Enter")

    user.refresh_from_db()
    assert user.check_password("another fine password")
    assert tab.errors == []


def test_the_mailbox_works_by_keyboard_and_without_javascript(open_tab, mails):
    tab = open_tab("/dev/mail/", java_script_enabled=False)
    link = tab.page.get_by_role("link", name="You have an account")
    while not link.evaluate("link => link === document.activeElement"):
        tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")

    expect(tab.page.get_by_role("link", name="http://localhost/")).to_be_visible()
    expect(tab.page.frame_locator("iframe").get_by_role("link", name="Continue")).to_be_visible()


def test_an_email_cannot_run_scripts(open_tab, mails):
    mail = EmailMultiAlternatives("Hostile", "", to=["ada@example.com"])
    mail.attach_alternative(HOSTILE, "text/html")
    mail.send()
    tab = open_tab("/dev/mail/")
    tab.page.get_by_role("link", name="Hostile").click()
    frame = tab.page.frame_locator("iframe")

    expect(frame.locator("#mode")).to_have_text("Hello")
    frame.get_by_role("button").click()
    expect(frame.locator("#mode")).to_have_text("Hello")
    # Also outside the frame.
    tab.page.goto(tab.page.locator("iframe").get_attribute("src"))
    expect(tab.page.locator("#mode")).to_have_text("Hello")


@pytest.mark.parametrize("options", [appearance(*variant) for variant in APPEARANCES], ids=map(" ".join, APPEARANCES))
def test_the_mailbox_fits_the_screen_and_has_enough_contrast(open_tab, mails, options):
    tab = open_tab("/dev/mail/", **options)
    for name in ("You have an account", "Subject unbroken"):
        assert (tab.width(), tab.low_contrast_texts()) == (options["viewport"]["width"], [])
        tab.page.get_by_role("link", name=name).click()
        expect(tab.page.locator("iframe")).to_be_visible()
        assert (tab.width(), tab.low_contrast_texts()) == (options["viewport"]["width"], [])
        tab.page.get_by_role("link", name="Mailbox").click()
        expect(tab.page).to_have_url("/dev/mail/")
    assert tab.errors == []
