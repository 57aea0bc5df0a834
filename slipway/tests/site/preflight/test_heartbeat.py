"""The heartbeat on the status page, from the task of beat to the browser."""

import re

import pytest
from playwright.sync_api import expect

from apps.tasks.tasks import heartbeat

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("queued", "worker"),
]
AGE = re.compile(r"Heartbeat (\d+) s ago\.")


def test_the_status_page_shows_the_age_of_the_heartbeat(open_tab, settings):
    settings.DEBUG = True
    tab = open_tab("/")
    part = tab.page.locator(".service", has=tab.page.get_by_role("heading", name="Celery"))

    expect(part).to_contain_text("No heartbeat yet")
    heartbeat.delay()
    expect(part).to_contain_text(AGE, timeout=10_000)
    (first,) = AGE.findall(part.inner_text())
    expect(part).not_to_contain_text(f"Heartbeat {first} s", timeout=10_000)

    (second,) = AGE.findall(part.inner_text())
    assert int(first) < int(second)
    expect(part.locator(".status")).to_have_text("up")
    assert tab.errors == []
