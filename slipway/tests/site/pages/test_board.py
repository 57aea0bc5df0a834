import pytest

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD
from apps.pages.board import Part, headline
from tests.pages.reading import Page

# Nothing listens here.
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture
def development(settings, db):
    settings.DEBUG = True


def test_the_front_page_in_development_is_the_board(client, development):
    page = Page(client.get("/").text)

    for words in ("Database", "Mail", "What next", "Admin", "API docs", "Health report", DEMO_EMAIL, DEMO_PASSWORD):
        assert words in page.text
    for link in page.links:
        assert link.startswith("#") or client.get(link, follow=True).status_code == 200


def test_the_board_shows_what_is_down_without_javascript(client, development, settings):
    settings.REDIS_URL = DEAD
    page = Page(client.get("/").text)

    assert "Cache is down" in page.text
    assert "Cache down Cannot be reached." in page.text


@pytest.mark.parametrize(
    ("down", "words"),
    [
        ([], "All systems go"),
        (["Mail"], "Mail is down"),
        (["Database", "Cache", "Mail"], "Database, Cache and Mail are down"),
    ],
)
def test_the_headline_names_what_is_down(down, words):
    parts = [Part(name, "down", "") for name in down] + [Part("Mail", "off", ""), Part("Media", "up", "")]

    assert headline(parts) == words
