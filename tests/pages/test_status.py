import pytest
from django.urls import reverse
from django.utils.crypto import get_random_string

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD, make_demo_account
from apps.accounts.models import User
from tests.pages.reading import Page

# Nothing listens here.
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture
def as_staff(client, staff):
    client.force_login(staff)


def test_staff_see_the_board_but_no_steps_for_developers(client, as_staff):
    page = Page(client.get("/status/").text)

    assert "Launch board" in page.text
    assert "What next" not in page.text
    assert DEMO_PASSWORD not in page.text


def test_strangers_are_sent_to_sign_in(client, db):
    response = client.get("/status/")

    assert response.status_code == 302
    assert response.url == f"{reverse('admin:login')}?next=/status/"


def test_the_board_is_not_there_for_others(client, user):
    client.force_login(user)

    assert client.get("/status/").status_code == 404
    assert client.get("/status/parts/").status_code == 404


def test_strangers_learn_nothing_of_the_parts(client, db):
    assert client.get("/status/parts/").status_code == 404


def test_the_parts_come_as_the_board_asks_for_them(client, as_staff, settings):
    settings.REDIS_URL = DEAD
    answer = client.get("/status/parts/")

    assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert answer.json()["headline"] == "Cache is down"
    cache = {"name": "Cache", "status": "down", "detail": "Cannot be reached.", "advice": ""}
    assert cache in answer.json()["parts"]


def test_the_demo_account_can_sign_in_to_the_admin(client, db):
    make_demo_account()
    answer = client.post(reverse("admin:login"), {"username": DEMO_EMAIL, "password": DEMO_PASSWORD})

    assert answer.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_demo_account_that_was_changed_stays_changed(db):
    theirs = User.objects.create_user(DEMO_EMAIL, get_random_string(12), is_active=False)

    assert make_demo_account()
    theirs.refresh_from_db()
    assert not theirs.is_superuser
    assert not theirs.check_password(DEMO_PASSWORD)


def test_a_database_with_people_in_it_gets_no_demo_account(user):
    assert not make_demo_account()
    assert not User.objects.filter(email=DEMO_EMAIL).exists()
