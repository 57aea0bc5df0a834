import pytest

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD, create_demo_account
from apps.pages.status import Service, summarize
from slipway.tests.site.pages.reading import Page

# Nothing listens here.
UNAVAILABLE = "redis://127.0.0.1:1/0"


@pytest.fixture
def development(settings, db):
    settings.DEBUG = True


@pytest.fixture
def as_staff(client, staff):
    client.force_login(staff)


def test_the_front_page_in_development_is_the_status_page(client, development):
    create_demo_account()
    page = Page(client.get("/").text)

    for words in ("Database", "Mail", "Next steps", "Admin", "API docs", "Health report", DEMO_EMAIL, DEMO_PASSWORD):
        assert words in page.text
    for link in page.links:
        assert link.startswith("#") or client.get(link, follow=True).status_code == 200


def test_the_status_page_shows_services_that_are_down(client, development, settings):
    settings.REDIS_URL = UNAVAILABLE
    page = Page(client.get("/").text)

    assert "Redis is down" in page.text
    assert "Redis down Unavailable." in page.text


def test_staff_see_no_demo_account_and_no_next_steps(client, as_staff):
    page = Page(client.get("/status/").text)

    assert "Database" in page.text
    assert "Next steps" not in page.text
    assert DEMO_PASSWORD not in page.text


def test_other_users_get_a_404(client, user):
    """A redirect would reveal ADMIN_PATH."""
    for _ in range(2):
        assert client.get("/status/").status_code == 404
        assert client.get("/status/services/").status_code == 404
        client.force_login(user)


def test_the_services_are_json(client, as_staff, settings):
    settings.REDIS_URL = UNAVAILABLE
    response = client.get("/status/services/")

    assert response.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert response.json()["summary"] == "Redis is down"
    redis = {"name": "Redis", "status": "down", "detail": "Unavailable.", "advice": ""}
    assert redis in response.json()["services"]


@pytest.mark.parametrize(
    ("down", "words"),
    [(["Mail"], "Mail is down"), (["Database", "Redis", "Mail"], "Database, Redis and Mail are down")],
)
def test_the_summary_names_services_that_are_down(down, words):
    services = [Service(name, "down") for name in down] + [Service("Sentry", "off"), Service("Media", "up")]

    assert summarize(services) == words


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ([], "All systems operational"),
        (["Sentry"], "Operational; not set up: Sentry"),
        (["Redis", "Mail", "Celery"], "Operational; not set up: Redis, Mail and Celery"),
    ],
)
def test_the_summary_names_services_that_are_not_set_up(off, words):
    services = [Service("Database", "up"), *(Service(name, "off") for name in off)]

    assert summarize(services) == words


def test_a_site_without_redis_does_not_say_that_all_systems_work(client, development, settings):
    settings.REDIS_URL = ""
    page = Page(client.get("/").text)

    assert "Operational; not set up: Redis, Mail" in page.text
    assert "Redis off The cache is in the memory of this process." in page.text
