from contextlib import closing
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
    headers = {"Content-Security-Policy": "default-src 'none'", "Cross-Origin-Resource-Policy": "same-site"}
    return HttpResponse("ok", headers=headers)


def save(request: HttpRequest) -> HttpResponse:
    messages.info(request, "Saved.")
    return HttpResponse("ok")


def show(request: HttpRequest) -> HttpResponse:
    return HttpResponse(" ".join(str(message) for message in messages.get_messages(request)))


async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("", plain),
    path("api/", plain),
    path("own/", own_policy),
    path("media/avatars/ada.webp", plain),
    path("async/", asynchronous),
    path("save/", save),
    path("show/", show),
]
handler404 = "apps.pages.errors.not_found"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@pytest.mark.parametrize("address", ["/", "/async/", "/nothing/"])
def test_every_response_has_the_security_headers(client: Client, address: str) -> None:
    response = client.get(address)

    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_pages_may_not_run_inline_scripts() -> None:
    policy = site.CONTENT_SECURITY_POLICY

    assert "'unsafe-inline'" not in policy.get("script-src", policy["default-src"])


def test_a_view_may_set_its_own_policy(client: Client) -> None:
    response = client.get("/own/")

    assert response.headers["Content-Security-Policy"] == "default-src 'none'"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-site"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/static/site/favicon.svg", "/media/avatars/ada.webp"])
def test_other_sites_may_embed_static_and_uploaded_files(client: Client, address: str) -> None:
    with closing(client.get(address)) as response:
        assert response.status_code == 200
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_valid_request_id_is_kept(client: Client) -> None:
    assert client.get("/", headers={"X-Request-ID": "abc-123.def_4"}).headers["X-Request-ID"] == "abc-123.def_4"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in it", "line\nbreak-1234", "ünïcödé-1234"])
def test_any_other_request_id_is_replaced(client: Client, given: str) -> None:
    returned = client.get("/", HTTP_X_REQUEST_ID=given).headers["X-Request-ID"]

    assert returned != given
    assert len(returned) == 32


async def get(path: str, **headers: str) -> Any:
    return await AsyncClient().get(path, headers=headers)


def test_a_message_is_shown_once(client: Client) -> None:
    client.get("/save/")
    client.get("/")

    assert [client.get("/show/").content for _ in range(2)] == [b"Saved.", b""]


def test_asynchronous_responses_have_the_same_headers() -> None:
    from asgiref.sync import async_to_sync

    response = async_to_sync(get)("/async/", **{"X-Request-ID": "abc-12345"})

    assert response.headers["X-Request-ID"] == "abc-12345"
    assert response.headers["Permissions-Policy"] == HEADERS["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/", "/api/"])
def test_a_body_over_the_limit_is_rejected(settings: Any, client: Client, address: str) -> None:
    settings.MAX_BODY_SIZE = 100

    assert client.post(address, b"x" * 101, content_type="application/octet-stream").status_code == 413


def test_a_body_at_the_limit_is_accepted(settings: Any, client: Client) -> None:
    settings.MAX_BODY_SIZE = 100

    response = client.post("/", b"x" * 100, content_type="application/octet-stream", headers={"X-CSRFToken": "x"})

    assert response.status_code == 200


@pytest.mark.parametrize(("debug", "has_policy"), [(True, False), (False, True)])
def test_only_djangos_debug_pages_have_no_policy(settings: Any, client: Client, debug: bool, has_policy: bool) -> None:
    settings.DEBUG = debug

    assert ("Content-Security-Policy" in client.get("/nothing/").headers) == has_policy
    assert "Content-Security-Policy" in client.get("/").headers


def test_the_policy_is_built_once_per_process(rf: RequestFactory) -> None:
    middleware = browser_policies(plain)

    first, second = middleware(rf.get("/")), middleware(rf.get("/"))

    assert first.headers["Content-Security-Policy"] is second.headers["Content-Security-Policy"]
