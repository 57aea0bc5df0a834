"""Malformed requests are client errors, and never a 500."""

import base64
import json

import pytest
from django.core.cache import cache

from tests.commands import run

ENDPOINTS = [
    ("post", "/api/v1/auth/register/"),
    ("post", "/api/v1/auth/login/"),
    ("post", "/api/v1/auth/refresh/"),
    ("post", "/api/v1/auth/logout/"),
    ("post", "/api/v1/auth/confirm-email/"),
    ("post", "/api/v1/auth/password/change/"),
    ("post", "/api/v1/auth/password/reset/"),
    ("post", "/api/v1/auth/password/reset/confirm/"),
    ("patch", "/api/v1/users/me/"),
    ("put", "/api/v1/users/me/"),
    ("put", "/api/v1/users/me/avatar/"),
]
FIELDS = ("email", "username", "password", "name", "refresh", "token", "uid", "new_password", "current_password")
VALUES = [
    ["x"],
    {"x": "y"},
    None,
    True,
    10**400,
    "a\0b@example.com",
    "x" * 100_000,
    "x" * 64 + "@" + "y." * 100 + "com",
    "\u202e@example.com",
    base64.urlsafe_b64encode(str(10**30).encode()).decode(),
    base64.urlsafe_b64encode(b"[" * 1_500).decode() + ".e30.x",
]
BODIES = [
    b"[1, 2]",
    b'"text"',
    b"1",
    b"null",
    b"",
    b"[" * 10_000 + b"]" * 10_000,
    b'{"email":' * 10_000 + b"1" + b"}" * 10_000,
    b"[" * 1_000_000,
    b'{"email": "\xff\xfe"}',
    '{"email": "x"}'.encode("utf-16"),
    b'{"email": NaN}',
    b'{"email": ' + b"9" * 10_000 + b"}",
    # A lone surrogate: no database stores it.
    json.dumps(dict.fromkeys(FIELDS, "\ud800")).encode(),
]
CHARSETS = ["zlib", "hex", "rot13", "idna", "undefined", "utf-7", "no-such-thing"]
TYPES = ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "/", ""]
BODY = b'--x\r\nContent-Disposition: form-data; name="avatar"\r\n\r\n\xff\r\n--x--\r\n'


@pytest.fixture
def send(signed_in):
    """Send a request without a rate limit, and return its status."""
    signed_in.raise_request_exception = False

    def sent(method, path, *args, **kwargs):
        cache.clear()
        response = getattr(signed_in, method)(path, *args, **kwargs)
        assert response.status_code < 500, (args, kwargs)
        assert response.status_code < 400 or response.json()["error"]["code"]
        return response.status_code

    return sent


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_malformed_values_are_client_errors(method, path, send):
    for value in VALUES:
        assert send(method, path, dict.fromkeys(FIELDS, value)) in (200, 202, 400, 401, 415)


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_malformed_bodies_are_client_errors(method, path, send):
    for body in BODIES:
        assert send(method, path, body, content_type="application/json") in (200, 400, 415)


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_unknown_types_and_charsets_are_client_errors(method, path, send):
    for kind in [*TYPES, *(f"{kind}; charset={charset}" for kind in TYPES for charset in CHARSETS)]:
        assert send("generic", method.upper(), path, BODY, content_type=kind) in (200, 400, 415)


@pytest.mark.parametrize("name", ["page", "page_size", "search", "ordering", "is_active", "joined_at__gte", "format"])
def test_malformed_queries_are_client_errors(name, send, user):
    user.is_staff = True
    user.save()
    for value in ("9" * 30, "9" * 5_000, "-1", "\0", b"\xff", "é", "[]", "%", "'", "9999-99-99", "x" * 5_000):
        assert send("get", "/api/v1/users/", {name: value}) in (200, 400, 404)


@pytest.mark.parametrize("token", ["[" * 1_500, '{"alg":' * 800, "\xff", "null", '{"alg": "none"}'])
def test_malformed_access_tokens_are_client_errors(token, send, signed_in):
    given = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    signed_in.credentials(HTTP_AUTHORIZATION=f"Bearer {given}.e30.x")

    assert send("get", "/api/v1/users/me/") == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/%00", "/api/%ff/", "/api/v1//", "/api/v1/" + "x" * 5_000, "/api/../api/v1/x"]
)
def test_malformed_urls_are_not_found(path, send):
    assert send("get", path) == 404


def test_a_value_that_the_database_rejects_is_a_client_error(staff, api):
    api.force_authenticate(staff)
    response = api.get("/api/v1/users/", {"joined_at__gte": "2026-01-01T00:00:00+16:00"})

    assert response.status_code == 400
    assert response.json()["error"]["message"] == "A value is out of range."


def test_a_body_that_is_too_large_for_memory_is_413(db, client, caplog, settings):
    body = b'{"email": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    response = client.post("/api/v1/auth/login/", body, content_type="application/json")

    assert response.status_code == 413
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_form_that_is_too_large_for_memory_is_413(db, client, caplog, settings):
    form = "token=" + "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = client.post("/confirm-email/", form, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 413
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_wrong_host_is_not_an_error_of_the_site(db, client, caplog):
    response = client.get("/api/v1/", headers={"Host": "evil.example.net"})

    assert response.status_code == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("method", ["options", "put", "head"])
def test_other_methods_of_the_docs_page(method, db, client):
    assert getattr(client, method)("/api/docs/").status_code in (200, 405)


def test_eight_schemas_at_once(db):
    code = """
import django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.test import Client
with ThreadPoolExecutor(8) as pool:
    print({*pool.map(lambda number: Client().get("/api/schema/").status_code, range(8))})
"""
    for _ in range(3):
        done = run("python", "-c", code, DJANGO_SETTINGS_MODULE="config.settings.test")
        assert done.stdout == "{200}\n", done.stderr
