import pytest

from slipway.tests.site.pages.reading import Page

SOFTWARE = ["django", "python", "gunicorn", "whitenoise", "redis", "postgres", "sqlite", "admin", "version"]


@pytest.fixture
def response(client, db):
    return client.get("/")


def test_the_front_page_in_production_is_a_placeholder(response, settings):
    page = Page(response.text)

    assert page.text.endswith(f"{settings.SITE_NAME} Coming soon.")
    assert page.links == ["#main", "/", "/account/login/"]


@pytest.mark.parametrize("word", SOFTWARE)
def test_the_front_page_does_not_name_the_software(response, word):
    assert word not in response.text.lower()
    assert word not in str(response.headers).lower()


def test_the_icon_has_the_default_url_of_browsers(client):
    assert client.get("/favicon.ico").url == "/static/site/favicon.svg"


def test_the_site_name_is_a_setting(client, db, settings):
    before, settings.SITE_NAME = settings.SITE_NAME, "As of Tomorrow"

    assert before not in client.get("/").text
    assert "As of Tomorrow" in client.get("/").text
