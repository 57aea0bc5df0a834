import pytest

from tests.pages.reading import Page

STACK = ["django", "python", "gunicorn", "whitenoise", "redis", "postgres", "sqlite", "admin", "version"]


@pytest.fixture
def answer(client, db):
    return client.get("/")


def test_a_server_shows_its_name_and_a_sentence(answer, settings):
    page = Page(answer.text)

    assert page.text.endswith(f"{settings.SITE_NAME} Something new is being built here. Come back soon.")
    assert page.links == ["#main"]


@pytest.mark.parametrize("word", STACK)
def test_a_server_does_not_tell_what_it_is_made_of(answer, word):
    assert word not in answer.text.lower()
    assert word not in str(answer.headers).lower()


def test_the_icon_is_found_by_pages_that_name_none(client):
    assert client.get("/favicon.ico").url == "/static/site/favicon.svg"


def test_the_name_is_changed_in_one_place(client, db, settings):
    before, settings.SITE_NAME = settings.SITE_NAME, "As of Tomorrow"

    assert before not in client.get("/").text
    assert "As of Tomorrow" in client.get("/").text
