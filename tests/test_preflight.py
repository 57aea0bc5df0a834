"""The preflight: staff check the site in a background task, and get its results over a WebSocket."""

import pytest
from django.db import transaction

from apps.health.checks import CHECKS, CheckResult, HealthCheck
from tests.sockets import async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/preflight/"
STATUSES = {"database": "up", "redis": "down", "celery": "off"}


@pytest.fixture(autouse=True)
def runs(monkeypatch):
    """Replaces the health checks. Returns the names of those that ran."""
    names = []

    def check(name):
        def run():
            names.append(name)
            return CheckResult(STATUSES[name], "secret")

        return HealthCheck(run)

    for name in [*CHECKS]:
        monkeypatch.delitem(CHECKS, name)
    for name in STATUSES:
        monkeypatch.setitem(CHECKS, name, check(name))
    return names


@pytest.fixture
def staff_api(api, staff):
    api.force_authenticate(staff)
    return api


@async_test
async def test_each_step_and_the_result_are_sent_to_the_user(staff, staff_api):
    socket = await connect("/ws/updates/", staff)

    response = await in_thread(staff_api.post)(PATH)
    updates = [await socket.receive() for _ in range(4)]

    assert response.status_code == 202
    assert {update["topic"] for update in updates} == {"preflight"}
    run = response.json()["id"]
    assert [update["data"] for update in updates] == [
        {"id": run, "step": 1, "total": 3, "name": "database", "status": "up"},
        {"id": run, "step": 2, "total": 3, "name": "redis", "status": "down"},
        {"id": run, "step": 3, "total": 3, "name": "celery", "status": "off"},
        {"id": run, "result": "Redis is down", "status": "down"},
    ]


@async_test
async def test_other_users_get_no_updates(user, staff_api):
    socket = await connect("/ws/updates/", user)

    await in_thread(staff_api.post)(PATH)

    assert await socket.receives_nothing()


def test_the_result_is_stored_as_a_notification(staff, staff_api):
    staff_api.post(PATH)

    notification = staff.notifications.get()
    assert (notification.kind, notification.text) == ("preflight", "Redis is down")


def test_the_task_starts_when_the_transaction_commits(staff_api, runs):
    with transaction.atomic():
        staff_api.post(PATH)
        assert runs == []

    assert runs == list(STATUSES)


def test_users_who_are_not_staff_start_it_in_development_only(user, api, settings):
    assert api.post(PATH).status_code == 401
    api.force_authenticate(user)
    assert api.post(PATH).status_code == 403
    settings.DEBUG = True
    assert api.post(PATH).status_code == 202


def test_it_has_its_own_rate_limit(staff_api):
    responses = [staff_api.post(PATH) for _ in range(31)]

    assert 429 in [response.status_code for response in responses]
    assert staff_api.get("/api/v1/users/me/").status_code == 200
