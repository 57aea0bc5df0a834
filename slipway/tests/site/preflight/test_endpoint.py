"""What the preflight does in rare cases."""

from rest_framework.test import APIClient

from apps.notifications.models import Notification
from apps.preflight.tasks import run_preflight
from tests.test_preflight import PATH, STATUSES, pytestmark, runs

__all__ = ["pytestmark", "runs"]


def test_a_deleted_user_gets_no_notification(user, runs):
    user_id = user.pk
    user.delete()

    run_preflight(user_id, "run")

    assert runs == list(STATUSES)
    assert not Notification.objects.exists()


def test_a_session_needs_a_csrf_token(staff):
    page = APIClient(enforce_csrf_checks=True)
    page.force_login(staff)
    token = page.get("/confirm-email/?token=x").cookies["csrftoken"].value

    assert page.post(PATH).status_code == 403
    assert page.post(PATH, headers={"X-CSRFToken": token}).status_code == 202


def test_it_is_in_the_api_root_and_the_schema(db, api):
    schema = api.get("/api/schema/", HTTP_ACCEPT="application/json").json()

    assert api.get("/api/v1/").json()["preflight"].endswith(PATH)
    assert "202" in schema["paths"][PATH]["post"]["responses"]
