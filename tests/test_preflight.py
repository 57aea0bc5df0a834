from functools import partial

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.health.checks import CHECKS, Check, Finding
from apps.notifications.models import Notification
from apps.preflight.tasks import run_preflight
from tests.commands import PRODUCTION, run
from tests.live.sockets import async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/preflight/"
FINDINGS = {"database": Finding("up", "hush"), "redis": Finding("down", "hush"), "celery": Finding("off", "hush")}


@pytest.fixture
def findings(monkeypatch):
    """The results of the health checks. Returns the names of the checks that ran."""
    ran: list[str] = []

    def find(name):
        ran.append(name)
        return FINDINGS[name]

    for name in FINDINGS:
        monkeypatch.setitem(CHECKS, name, Check(partial(find, name)))
    return ran


async def updates_until_result(socket):
    updates = [await socket.receive()]
    while "result" not in updates[-1]["data"]:
        updates.append(await socket.receive())
    return updates


@async_test
async def test_each_step_and_the_result_are_sent_to_the_user(user, signed_in, findings):
    socket = await connect("/ws/updates/", user)

    response = await in_thread(signed_in.post)(PATH)
    updates = await updates_until_result(socket)

    assert response.status_code == 202
    assert [event["topic"] for event in updates] == ["preflight"] * 4
    run = response.json()["id"]
    assert [event["data"] for event in updates] == [
        {"id": run, "step": 1, "total": 3, "name": "database", "status": "up"},
        {"id": run, "step": 2, "total": 3, "name": "redis", "status": "down"},
        {"id": run, "step": 3, "total": 3, "name": "celery", "status": "off"},
        {"id": run, "result": "Redis is down", "status": "down"},
    ]


@async_test
async def test_a_service_that_is_off_is_no_failure(user, signed_in, findings, monkeypatch):
    monkeypatch.setitem(CHECKS, "redis", Check(lambda: Finding("off")))
    socket = await connect("/ws/updates/", user)

    await in_thread(signed_in.post)(PATH)
    result = (await updates_until_result(socket))[-1]["data"]

    assert (result["result"], result["status"]) == ("All systems go", "up")


@async_test
async def test_nothing_is_sent_to_other_users(signed_in, staff, findings):
    socket = await connect("/ws/updates/", staff)

    await in_thread(signed_in.post)(PATH)

    assert await socket.receives_nothing()


def test_the_result_is_stored_as_a_notification(user, signed_in, findings):
    signed_in.post(PATH)

    kept = user.notifications.get()
    assert (kept.kind, kept.text) == ("preflight", "Redis is down")


def test_a_deleted_user_gets_no_notification(user, findings):
    user_id = user.pk
    user.delete()

    run_preflight(user_id, "run")

    assert findings == list(FINDINGS)
    assert not Notification.objects.exists()


def test_the_task_starts_when_the_transaction_commits(signed_in, findings):
    with transaction.atomic():
        signed_in.post(PATH)
        assert findings == []

    assert findings == list(FINDINGS)


@pytest.mark.parametrize(("for_staff", "status"), [(True, 403), (False, 202)])
def test_it_can_be_for_staff_only(signed_in, staff, findings, settings, for_staff, status):
    settings.PREFLIGHT_FOR_STAFF = for_staff

    assert signed_in.post(PATH).status_code == status
    signed_in.force_authenticate(staff)
    assert signed_in.post(PATH).status_code == 202


def test_production_turns_that_on():
    code = "from django.conf import settings; print(settings.PREFLIGHT_FOR_STAFF)"

    assert run("python", "-c", code, **PRODUCTION).stdout.strip() == "True"


def test_a_session_needs_a_csrf_token(user, findings):
    page = APIClient(enforce_csrf_checks=True)
    page.force_login(user)
    token = page.get("/confirm-email/?token=x").cookies["csrftoken"].value

    assert page.post(PATH).status_code == 403
    assert page.post(PATH, headers={"X-CSRFToken": token}).status_code == 202


def test_it_needs_a_signed_in_user(db, api):
    assert api.post(PATH).status_code == 401


def test_it_has_its_own_rate_limit(signed_in, findings):
    responses = [signed_in.post(PATH) for _ in range(31)]

    assert [response.status_code for response in responses] == [202] * 30 + [429]
    assert int(responses[-1]["Retry-After"]) <= 60
    assert signed_in.get("/api/v1/users/me/").status_code == 200


def test_it_is_in_the_api_root_and_the_schema(db, api):
    schema = api.get("/api/schema/", HTTP_ACCEPT="application/json").json()

    assert api.get("/api/v1/").json()["preflight"].endswith(PATH)
    assert "202" in schema["paths"][PATH]["post"]["responses"]
