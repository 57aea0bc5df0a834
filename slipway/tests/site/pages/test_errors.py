"""Error pages of the handlers in config/urls.py."""

from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from apps.pages.errors import ERRORS
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as site
from slipway.tests.site.pages.reading import Page

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise {"400": SuspiciousOperation, "403": PermissionDenied, "500": ZeroDivisionError}[kind]


urlpatterns = [path("fail/<kind>/", fail), path("api/fail/<kind>/", fail), *site]


@pytest.fixture(autouse=True)
def failing(settings, client):
    settings.ROOT_URLCONF = __name__
    # As in production.
    client.raise_request_exception = False


def cause(client, status, prefix=""):
    if status == 404:
        return client.get(f"{prefix}/nothing/here/")
    if status == 413:
        return client.post(f"{prefix}/", BytesIO(), content_type="text/plain", CONTENT_LENGTH=str(10**9))
    return client.get(f"{prefix}/fail/{status}/")


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_each_error_has_a_page_with_advice(client, status):
    response = cause(client, status)

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    title, advice = ERRORS[status]
    assert f"Error {status} {title} {advice}" in Page(response.text).text


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_errors_below_api_are_json(client, status):
    response = cause(client, status, prefix="/api")

    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"code", "message", "fields", "request_id"}
    assert error["request_id"] == response.headers["X-Request-ID"]


def test_too_many_failed_sign_ins_have_a_page(client, db):
    for _ in range(6):
        response = client.post(reverse("account_login"), {"login": "ada@example.com", "password": "wrong"})

    assert response.status_code == 429
    assert "Wait 15 minutes" in response.text


def test_a_failed_csrf_check_has_a_page(client, db):
    client.handler.enforce_csrf_checks = True
    response = client.post("/confirm-email/", {"token": "x"})

    assert response.status_code == 403
    assert ERRORS[403][0] in response.text


def test_a_server_error_shows_the_request_id(client):
    failed, missing = cause(client, 500), cause(client, 404)

    assert failed.headers["X-Request-ID"] in Page(failed.text).text
    assert missing.headers["X-Request-ID"] not in missing.text


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_an_error_page_does_not_use_the_session(client, status):
    """The database may be the cause of the error. Without the `db` fixture, a query is an error."""
    client.cookies["sessionid"] = "a" * 32

    assert cause(client, status).status_code == status


def test_an_error_page_survives_static_files_that_were_not_collected(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    response = cause(client, 500)

    assert "We will look into it." in response.text
    assert "/static/site/site.css" in response.text
