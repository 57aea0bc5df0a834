"""Each error is caused by a real request, and answered by the site's own handlers."""

from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from apps.pages.errors import TELLINGS
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as site
from tests.pages.reading import Page

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise {"400": SuspiciousOperation, "403": PermissionDenied, "500": ZeroDivisionError}[kind]


urlpatterns = [path("fail/<kind>/", fail), path("api/fail/<kind>/", fail), *site]


@pytest.fixture(autouse=True)
def failing(settings, client):
    settings.ROOT_URLCONF = __name__
    # As in production: an error becomes a page, and is not handed on to the test.
    client.raise_request_exception = False


def cause(client, status, prefix=""):
    if status == 404:
        return client.get(f"{prefix}/nothing/here/")
    if status == 413:
        return client.post(f"{prefix}/", BytesIO(), content_type="text/plain", CONTENT_LENGTH=str(10**9))
    return client.get(f"{prefix}/fail/{status}/")


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_an_error_has_a_page_that_says_what_to_do(client, status):
    answer = cause(client, status)

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    title, advice = TELLINGS[status]
    assert f"Error {status} {title} {advice}" in Page(answer.text).text


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_below_the_api_an_error_has_the_apis_shape(client, status):
    answer = cause(client, status, prefix="/api")

    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "fields", "request_id"}
    assert error["request_id"] == answer.headers["X-Request-ID"]


def test_too_many_failed_sign_ins_have_a_page(client, db):
    for _ in range(6):
        answer = client.post(reverse("admin:login"), {"username": "ada@example.com", "password": "wrong"})

    assert answer.status_code == 429
    assert "Wait a quarter of an hour" in answer.text


def test_a_form_that_was_open_for_too_long_has_a_page(client, db):
    client.handler.enforce_csrf_checks = True
    answer = client.post("/confirm-email/", {"token": "x"})

    assert answer.status_code == 403
    assert TELLINGS[403][0] in answer.text


def test_a_failure_of_ours_can_be_found_by_its_id(client):
    failed, missing = cause(client, 500), cause(client, 404)

    assert failed.headers["X-Request-ID"] in Page(failed.text).text
    assert missing.headers["X-Request-ID"] not in missing.text


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_an_error_page_does_not_ask_who_is_there(client, status):
    """The database may be what is broken: here it may not be asked, and whose session this is stands there."""
    client.cookies["sessionid"] = "a" * 32

    assert cause(client, status).status_code == status


def test_an_error_page_survives_static_files_that_were_not_collected(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    answer = cause(client, 500)

    assert "It is not your fault." in answer.text
    assert "/static/site/site.css" in answer.text
