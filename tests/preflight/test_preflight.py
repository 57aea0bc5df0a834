from functools import partial

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.health.checks import CHECKS, Check, Finding
from apps.notifications.models import Notification
from apps.preflight.services import start_preflight
from apps.preflight.tasks import check_all
from tests.live.sockets import aside, enter, live

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/preflight/"
FINDINGS = {"database": Finding("up", "hush"), "redis": Finding("down", "hush"), "celery": Finding("off", "hush")}


@pytest.fixture
def findings(monkeypatch):
    """What the checks find; the names of those that were asked."""
    asked: list[str] = []

    def find(name):
        asked.append(name)
        return FINDINGS[name]

    for name in FINDINGS:
        monkeypatch.setitem(CHECKS, name, Check(partial(find, name)))
    return asked


async def heard_until_result(socket):
    heard = [await socket.hear()]
    while "result" not in heard[-1]["data"]:
        heard.append(await socket.hear())
    return heard


@live
async def test_whoever_asks_is_told_of_every_step_and_of_the_result_and_of_nothing_else(user, signed_in, findings):
    socket = await enter("/ws/updates/", user)

    answer = await aside(signed_in.post)(PATH)
    heard = await heard_until_result(socket)

    assert answer.status_code == 202
    assert [event["topic"] for event in heard] == ["preflight"] * 4
    run = answer.json()["id"]
    assert [event["data"] for event in heard] == [
        {"id": run, "step": 1, "total": 3, "name": "database", "status": "up"},
        {"id": run, "step": 2, "total": 3, "name": "redis", "status": "down"},
        {"id": run, "step": 3, "total": 3, "name": "celery", "status": "off"},
        {"id": run, "result": "Redis is down", "status": "down"},
    ]


@live
async def test_what_is_off_stands_in_the_way_of_nothing(user, signed_in, findings, monkeypatch):
    monkeypatch.setitem(CHECKS, "redis", Check(lambda: Finding("off")))
    socket = await enter("/ws/updates/", user)

    await aside(signed_in.post)(PATH)
    result = (await heard_until_result(socket))[-1]["data"]

    assert (result["result"], result["status"]) == ("All systems go", "up")


@live
async def test_nobody_hears_of_what_others_asked(signed_in, staff, findings):
    socket = await enter("/ws/updates/", staff)

    await aside(signed_in.post)(PATH)

    assert await socket.is_silent()


def test_the_result_is_kept_for_those_who_have_left(user, signed_in, findings):
    signed_in.post(PATH)

    kept = user.notifications.get()
    assert (kept.kind, kept.text) == ("preflight", "Redis is down")


def test_an_account_that_is_gone_is_told_nothing(user, findings):
    user_id = user.pk
    user.delete()

    check_all(user_id, "run")

    assert findings == list(FINDINGS)
    assert not Notification.objects.exists()


def test_nothing_runs_for_a_transaction_that_failed(user, findings):
    with transaction.atomic():
        start_preflight(user=user)
        transaction.set_rollback(True)

    assert findings == []
    start_preflight(user=user)
    assert findings == list(FINDINGS)


def test_a_page_asks_with_its_session_and_needs_its_token(user, findings):
    page = APIClient(enforce_csrf_checks=True)
    page.force_login(user)
    token = page.get("/confirm-email/?token=x").cookies["csrftoken"].value

    assert page.post(PATH).status_code == 403
    assert page.post(PATH, headers={"X-CSRFToken": token}).status_code == 202


def test_strangers_are_told_to_sign_in(db, api):
    assert api.post(PATH).status_code == 401


def test_it_is_limited_by_itself(signed_in, findings):
    answers = [signed_in.post(PATH) for _ in range(31)]

    assert [answer.status_code for answer in answers] == [202] * 30 + [429]
    assert int(answers[-1]["Retry-After"]) <= 60
    assert signed_in.get("/api/v1/users/me/").status_code == 200


def test_it_is_listed_and_described(db, api):
    schema = api.get("/api/schema/", HTTP_ACCEPT="application/json").json()

    assert api.get("/api/v1/").json()["preflight"].endswith(PATH)
    assert "202" in schema["paths"][PATH]["post"]["responses"]
