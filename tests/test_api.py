"""The API as its clients see it: the root, the schema, errors and rate limits."""

import pytest
import time_machine
import yaml
from django.core.management import call_command
from rest_framework.settings import api_settings


@pytest.fixture
def rates(monkeypatch):
    """Low limits. The clock stands still, so that no minute ends during a test."""
    rates = {"anon": "3/min", "user": "5/min", "login": "2/min"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", api_settings.DEFAULT_THROTTLE_RATES | rates)
    with time_machine.travel("2030-01-01T12:00:20Z", tick=False):
        yield


def statuses(request, number):
    return [request().status_code for _ in range(number)]


def error(response):
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "fields", "request_id"}
    assert body["error"]["request_id"] == response["X-Request-ID"]
    return body["error"]


def test_the_root_lists_the_endpoints(db, api):
    response = api.get("/api/v1/")

    assert response.status_code == 200
    assert response.json()["auth/login"] == "http://testserver/api/v1/auth/login/"


def test_the_schema_is_valid(tmp_path):
    """Views that the schema cannot describe are no failure."""
    call_command("spectacular", "--validate", "--file", str(tmp_path / "schema.yml"))
    schema = yaml.safe_load((tmp_path / "schema.yml").read_text())

    assert "/api/v1/auth/login/" in schema["paths"]


def test_the_schema_is_served(db, api):
    response = api.get("/api/schema/", HTTP_ACCEPT="application/json")

    assert response.status_code == 200
    assert "/api/v1/auth/login/" in response.json()["paths"]


def test_the_docs_page_uses_no_other_host(db, client):
    response = client.get("/api/docs/")

    assert response.status_code == 200
    assert "https://" not in response.text
    assert "<script>" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/nothing/", 404, "not_found"),
        ("post", "/api/v1/nothing", 404, "not_found"),
        ("get", "/api/v1/users/me/", 401, "not_authenticated"),
        ("get", "/api/v1/auth/login/", 405, "method_not_allowed"),
    ],
)
def test_errors_have_one_format(method, path, status, code, db, api):
    response = getattr(api, method)(path)

    assert response.status_code == status
    assert error(response)["code"] == code


def test_validation_errors_name_the_fields(db, api):
    response = api.post("/api/v1/auth/login/", {"email": "ada@example.com"})

    assert response.status_code == 400
    assert error(response)["code"] == "invalid"
    assert error(response)["fields"] == {"password": ["This field is required."]}


def test_invalid_json_is_a_bad_request(db, api):
    response = api.post("/api/v1/auth/login/", b'{"email": ', content_type="application/json")

    assert response.status_code == 400
    assert error(response)["code"] == "parse_error"


def test_a_large_body_is_rejected(db, api, settings):
    settings.MAX_BODY_SIZE = 100
    response = api.post("/api/v1/auth/login/", {"email": "x" * 100})

    assert response.status_code == 413
    assert error(response)["code"] == "too_large"


@pytest.mark.parametrize("token", ["x", "a.b.c", ""])
def test_an_invalid_access_token_is_an_error_401(token, db, api):
    response = api.get("/api/v1/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert response.status_code == 401
    assert error(response)["fields"] == {}
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_post_request_may_omit_the_last_slash(db, api):
    assert api.post("/api/v1/auth/login", {}).status_code == 400


def test_each_ip_address_has_its_own_rate_limit(db, api, rates):
    for address in ("192.0.2.1", "192.0.2.2"):
        api.defaults["REMOTE_ADDR"] = address
        assert statuses(lambda: api.get("/api/v1/"), 4) == [200, 200, 200, 429]


def test_each_user_has_their_own_rate_limit(user, staff, api, rates):
    for account in (user, staff):
        api.force_authenticate(account)
        assert statuses(lambda: api.get("/api/v1/users/me/"), 6) == [200, 200, 200, 200, 200, 429]


def test_signing_in_has_a_lower_rate_limit(db, api, rates):
    credentials = {"email": "nobody@example.com", "password": "x"}

    assert statuses(lambda: api.post("/api/v1/auth/login/", credentials), 3) == [401, 401, 429]
    response = api.post("/api/v1/auth/login/", credentials)
    assert error(response)["code"] == "throttled"
    assert response["Retry-After"] == "40"
    assert api.get("/api/v1/").status_code == 200
