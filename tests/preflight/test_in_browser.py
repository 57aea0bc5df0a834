"""The preflight as people see it: a real browser, a real task, a real WebSocket."""

import re

import pytest
from playwright.sync_api import expect

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD
from apps.tasks import queue
from tests.browser import LOOKS, look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Until it is refused, and for so long that no new minute begins before somebody looks.
OFTEN = """async () => {
  const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
  for (let left = 0; left < 15;) {
    const answer = await fetch("/api/v1/preflight/", { method: "POST", headers });
    left = Number(answer.headers.get("Retry-After") ?? 0);
  }
}"""


def button(tab):
    return tab.page.get_by_role("button", name="Run the checks")


def said(tab):
    return tab.page.get_by_role("region", name="Preflight").get_by_role("status")


def steps(tab):
    return tab.page.get_by_role("region", name="Preflight").get_by_role("listitem")


def sign_in(tab):
    """As the demo account, with what the board shows."""
    tab.page.goto("/")
    tab.page.get_by_role("link", name="Sign in to run it").click()
    tab.page.fill("[name=username]", DEMO_EMAIL)
    tab.page.fill("[name=password]", DEMO_PASSWORD)
    tab.page.click("[type=submit]")
    expect(button(tab)).to_be_enabled()


@pytest.fixture
def on_status(launched, new_tab, staff):
    """Opens the board of a site that is launched."""

    def opened(**options):
        tab = new_tab(launched, **options)
        tab.page.clock.install()
        tab.sign_in(staff)
        tab.page.goto("/status/")
        return tab

    return opened


def test_one_process_without_redis_runs_it_to_the_result(alone, new_tab):
    tab = new_tab(alone)
    sign_in(tab)
    button(tab).click()

    expect(said(tab)).to_have_text("All systems go")
    expect(steps(tab)).to_have_text(["database up", "redis off", "celery off"])
    expect(button(tab)).to_be_focused()
    button(tab).click()
    expect(said(tab)).to_have_text("All systems go")
    expect(steps(tab)).to_have_count(3)
    assert tab.complaints == []


def test_who_has_not_signed_in_has_no_button(open_tab, settings):
    settings.DEBUG = True
    tab = open_tab("/")

    expect(tab.page.get_by_role("link", name="Sign in to run it")).to_be_visible()
    assert button(tab).count() == 0
    assert tab.complaints == []


def test_who_does_it_too_often_is_told_when_to_come_back(alone, new_tab):
    tab = new_tab(alone)
    sign_in(tab)
    tab.page.evaluate(OFTEN)
    button(tab).click()

    expect(said(tab)).to_have_text(re.compile(r"^You did this too often\. Try again in \d+ s\.$"))
    expect(button(tab)).to_be_enabled()


def test_who_was_signed_out_is_told_to_sign_in(alone, new_tab):
    tab = new_tab(alone)
    sign_in(tab)
    button(tab).click()
    expect(steps(tab)).to_have_count(3)
    tab.context.clear_cookies(name="sessionid")
    button(tab).click()

    expect(said(tab)).to_have_text("You have been signed out. Reload this page to sign in again.")
    expect(steps(tab)).to_have_count(0)


def test_it_fits_and_can_be_read_however_it_went(alone, new_tab):
    for appearance in LOOKS:
        options = look(*appearance)
        tab = new_tab(alone, **options, reduced_motion="reduce")
        sign_in(tab)
        for _ in range(2):
            assert (tab.width(), tab.faint()) == (options["viewport"]["width"], [])
            button(tab).click()
            expect(said(tab)).to_have_text("All systems go")
        tab.context.clear_cookies(name="sessionid")
        button(tab).click()
        expect(said(tab)).to_contain_text("signed out")
        assert (tab.width(), tab.faint()) == (options["viewport"]["width"], [])


@pytest.mark.postgres
@pytest.mark.redis
def test_a_real_worker_tells_a_page_on_another_host(worker, on_status):
    queue.stamp_heartbeat()
    tab = on_status()
    button(tab).click()

    expect(said(tab)).to_have_text("All systems go", timeout=10_000)
    expect(steps(tab)).to_have_text(["database up", "redis up", "celery up"])
    assert tab.complaints == []


@pytest.mark.postgres
@pytest.mark.redis
def test_without_a_worker_the_page_says_so_and_gives_up_in_the_end(on_status):
    tab = on_status()
    with tab.page.expect_response("**/preflight/"):
        button(tab).click()

    expect(said(tab)).to_have_text("Waiting for a worker …")
    expect(button(tab)).to_be_disabled()
    tab.page.clock.run_for(7_000)
    expect(said(tab)).to_have_text("No worker has taken the task yet. Still waiting …")
    assert tab.faint() == []
    tab.page.clock.run_for(55_000)
    expect(said(tab)).to_have_text("No worker has taken the task yet. Given up after a minute.")
    expect(button(tab)).to_be_enabled()


def test_where_no_sockets_are_served_the_page_says_so(open_tab, settings, user):
    settings.DEBUG = True
    tab = open_tab("/")
    tab.page.clock.install()
    tab.sign_in(user)
    tab.page.reload()
    button(tab).click()
    expect(button(tab)).to_be_disabled()
    tab.page.clock.run_for(7_000)

    expect(said(tab)).to_have_text("The WebSocket does not answer. Still waiting …")
