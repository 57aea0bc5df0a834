from typing import Any

import pytest
from django.conf import settings as site
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path

from config.middleware import browser_policies

pytestmark = pytest.mark.urls(__name__)


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def own_policy(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", headers={"Content-Security-Policy": "default-src 'none'"})


def save(request: HttpRequest) -> HttpResponse:
    messages.info(request, "Saved.")
    return HttpResponse("ok")


def told(request: HttpRequest) -> HttpResponse:
    return HttpResponse(" ".join(str(message) for message in messages.get_messages(request)))


async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("", plain),
    path("api/", plain),
    path("own/", own_policy),
    path("async/", asynchronous),
    path("save/", save),
    path("told/", told),
]
handler404 = "apps.pages.errors.not_found"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@pytest.mark.parametrize("address", ["/", "/async/", "/nothing/"])
def test_every_answer_has_the_security_headers(client: Client, address: str) -> None:
    answer = client.get(address)

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_pages_may_not_run_inline_scripts() -> None:
    policy = site.CONTENT_SECURITY_POLICY

    assert "'unsafe-inline'" not in policy.get("script-src", policy["default-src"])


def test_a_view_may_set_its_own_policy(client: Client) -> None:
    assert client.get("/own/").headers["Content-Security-Policy"] == "default-src 'none'"


def test_a_sane_request_id_is_kept(client: Client) -> None:
    assert client.get("/", headers={"X-Request-ID": "abc-123.def_4"}).headers["X-Request-ID"] == "abc-123.def_4"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in it", "line\nbreak-1234", "ünïcödé-1234"])
def test_any_other_request_id_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/", HTTP_X_REQUEST_ID=given).headers["X-Request-ID"]

    assert answered != given
    assert len(answered) == 32


async def ask(path: str, **headers: str) -> Any:
    return await AsyncClient().get(path, headers=headers)


def test_a_message_is_told_by_the_next_page_that_asks(client: Client) -> None:
    client.get("/save/")
    client.get("/")

    assert [client.get("/told/").content for _ in range(2)] == [b"Saved.", b""]


def test_an_asynchronous_server_gets_the_same_headers() -> None:
    from asgiref.sync import async_to_sync

    answer = async_to_sync(ask)("/async/", **{"X-Request-ID": "abc-12345"})

    assert answer.headers["X-Request-ID"] == "abc-12345"
    assert answer.headers["Permissions-Policy"] == HEADERS["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/", "/api/"])
def test_what_is_too_large_is_refused_before_it_is_read(settings: Any, client: Client, address: str) -> None:
    settings.MAX_BODY_SIZE = 100

    assert client.post(address, b"x" * 101, content_type="application/octet-stream").status_code == 413


def test_what_is_just_not_too_large_passes(settings: Any, client: Client) -> None:
    settings.MAX_BODY_SIZE = 100

    answer = client.post("/", b"x" * 100, content_type="application/octet-stream", headers={"X-CSRFToken": "x"})

    assert answer.status_code == 200


@pytest.mark.parametrize(("debug", "has_policy"), [(True, False), (False, True)])
def test_only_djangos_own_error_pages_come_without_a_policy(
    settings: Any, client: Client, debug: bool, has_policy: bool
) -> None:
    settings.DEBUG = debug

    assert ("Content-Security-Policy" in client.get("/nothing/").headers) == has_policy
    assert "Content-Security-Policy" in client.get("/").headers


def test_a_policy_is_written_once_per_process(rf: RequestFactory) -> None:
    middleware = browser_policies(plain)

    first, second = middleware(rf.get("/")), middleware(rf.get("/"))

    assert first.headers["Content-Security-Policy"] is second.headers["Content-Security-Policy"]
