"""The preflight in a browser, with a real task and a real WebSocket."""

import re

import pytest
from playwright.sync_api import expect

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD
from apps.tasks import queue
from slipway.tests.site.browser import APPEARANCES, appearance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Until the rate limit, with enough time left before the next minute.
REQUESTS = """async () => {
  const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
  for (let left = 0; left < 15;) {
    const answer = await fetch("/api/v1/preflight/", { method: "POST", headers });
    left = Number(answer.headers.get("Retry-After") ?? 0);
  }
}"""


def button(tab):
    return tab.page.get_by_role("button", name="Run the checks")


def result(tab):
    return tab.page.get_by_role("region", name="Preflight").get_by_role("status")


def steps(tab):
    return tab.page.get_by_role("region", name="Preflight").get_by_role("listitem")


def sign_in(tab):
    """As the demo account."""
    tab.page.goto("/")
    tab.page.get_by_role("link", name="Sign in to run it").click()
    tab.page.fill("[name=login]", DEMO_EMAIL)
    tab.page.fill("[name=password]", DEMO_PASSWORD)
    tab.page.click("[type=submit]")
    expect(button(tab)).to_be_enabled()


@pytest.fixture
def on_status(launched, new_tab, staff):
    """Opens the status page as in production."""

    def opened(**options):
        tab = new_tab(launched, **options)
        tab.page.clock.install()
        tab.sign_in(staff)
        tab.page.goto("/status/")
        return tab

    return opened


def test_one_process_without_redis_shows_the_result(alone, new_tab):
    tab = new_tab(alone)
    sign_in(tab)
    button(tab).click()

    expect(result(tab)).to_have_text("Operational; not set up: Redis and Celery")
    expect(steps(tab)).to_have_text(["database up", "redis off", "celery off"])
    expect(button(tab)).to_be_focused()
    button(tab).click()
    expect(result(tab)).to_have_text("Operational; not set up: Redis and Celery")
    expect(steps(tab)).to_have_count(3)
    assert tab.errors == []


def test_the_button_needs_a_signed_in_user(open_tab, settings):
    settings.DEBUG = True
    tab = open_tab("/")

    expect(tab.page.get_by_role("link", name="Sign in to run it")).to_be_visible()
    assert button(tab).count() == 0
    assert tab.errors == []


def test_the_rate_limit_is_shown(alone, new_tab):
    tab = new_tab(alone)
    sign_in(tab)
    tab.page.evaluate(REQUESTS)
    button(tab).click()

    expect(result(tab)).to_have_text(re.compile(r"^Too many requests\. Try again in \d+ s\.$"))
    expect(button(tab)).to_be_enabled()


def test_a_user_who_was_signed_out_is_told_to_sign_in(alone, new_tab):
    tab = new_tab(alone)
    sign_in(tab)
    button(tab).click()
    expect(steps(tab)).to_have_count(3)
    tab.context.clear_cookies(name="sessionid")
    button(tab).click()

    expect(result(tab)).to_have_text("You have been signed out. Reload this page to sign in again.")
    expect(steps(tab)).to_have_count(0)


def test_all_states_fit_the_screen_and_have_enough_contrast(alone, new_tab):
    for variant in APPEARANCES:
        options = appearance(*variant)
        tab = new_tab(alone, **options, reduced_motion="reduce")
        sign_in(tab)
        for _ in range(2):
            assert (tab.width(), tab.low_contrast_texts()) == (options["viewport"]["width"], [])
            button(tab).click()
            expect(result(tab)).to_have_text("Operational; not set up: Redis and Celery")
        tab.context.clear_cookies(name="sessionid")
        button(tab).click()
        expect(result(tab)).to_contain_text("signed out")
        assert (tab.width(), tab.low_contrast_texts()) == (options["viewport"]["width"], [])


@pytest.mark.postgres
@pytest.mark.redis
def test_a_worker_sends_updates_to_a_page_on_another_host(worker, on_status):
    queue.stamp_heartbeat()
    tab = on_status()
    button(tab).click()

    expect(result(tab)).to_have_text("All systems operational", timeout=10_000)
    expect(steps(tab)).to_have_text(["database up", "redis up", "celery up"])
    assert tab.errors == []


@pytest.mark.postgres
@pytest.mark.redis
def test_without_a_worker_the_page_says_so_and_gives_up(on_status):
    tab = on_status()
    with tab.page.expect_response("**/preflight/"):
        button(tab).click()

    expect(result(tab)).to_have_text("Waiting for a worker …")
    expect(button(tab)).to_be_disabled()
    tab.page.clock.run_for(7_000)
    expect(result(tab)).to_have_text("No worker has started the task yet. Still waiting …")
    assert tab.low_contrast_texts() == []
    tab.page.clock.run_for(55_000)
    expect(result(tab)).to_have_text("No worker has started the task yet. Given up after a minute.")
    expect(button(tab)).to_be_enabled()


def test_without_websockets_the_page_says_so(open_tab, settings, user):
    settings.DEBUG = True
    tab = open_tab("/")
    tab.page.clock.install()
    tab.sign_in(user)
    tab.page.reload()
    button(tab).click()
    expect(button(tab)).to_be_disabled()
    tab.page.clock.run_for(7_000)

    expect(result(tab)).to_have_text("The WebSocket does not answer. Still waiting …")
