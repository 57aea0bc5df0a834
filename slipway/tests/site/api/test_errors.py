"""Errors of the API, raised in views of these tests."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from tests.test_api import error


class ItemSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=3)

    def validate(self, attrs):
        if attrs["name"] == "bad":
            raise serializers.ValidationError("This item is bad.")
        return attrs


class ListSerializer(serializers.Serializer):
    items = ItemSerializer(many=True)


class FailingView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None
    error = Exception()

    def get(self, request):
        raise self.error

    def post(self, request):
        ListSerializer(data=request.data).is_valid(raise_exception=True)


def failing(error):
    return FailingView.as_view(error=error)


class Urls:
    urlpatterns = [
        path("api/403/", failing(PermissionDenied())),
        path("api/404/", failing(Http404())),
        path("api/409/", failing(type("Conflict", (exceptions.APIException,), {"status_code": 409})("Taken."))),
        path("api/429/", failing(exceptions.Throttled(wait=7.2))),
        path("api/500/", failing(RuntimeError("secret"))),
        path("api/recursion/", failing(RecursionError())),
        path("api/non-field/", failing(exceptions.ValidationError("The dates overlap."))),
    ]
    handler500 = "apps.pages.errors.server_error"


@pytest.fixture
def failing_api(api):
    api.raise_request_exception = False
    with override_settings(ROOT_URLCONF=Urls):
        yield api


@pytest.mark.parametrize("status", [403, 404, 409, 429, 500])
def test_all_exceptions_have_one_format(status, failing_api):
    response = failing_api.get(f"/api/{status}/")

    assert response.status_code == status
    assert error(response)["fields"] == {}


def test_an_unhandled_exception_is_logged_and_not_shown(failing_api, caplog):
    assert "secret" not in failing_api.get("/api/500/").text
    assert "RuntimeError: secret" in caplog.text


def test_a_rate_limit_has_a_retry_after_header(failing_api):
    assert failing_api.get("/api/429/")["Retry-After"] == "8"


def test_a_recursion_error_is_logged_and_a_bad_request(failing_api, caplog):
    response = failing_api.get("/api/recursion/")

    assert response.status_code == 400
    assert error(response)["code"] == "parse_error"
    assert "RecursionError" in caplog.text


def test_non_field_errors_are_the_message(failing_api):
    body = error(failing_api.get("/api/non-field/"))

    assert (body["message"], body["fields"]) == ("The dates overlap.", {})


def test_errors_of_nested_fields_have_their_path(failing_api):
    response = failing_api.post("/api/403/", {"items": [{"name": "ok"}, {"name": "long"}, {}, {"name": "bad"}, 5]})
    fields = error(response)["fields"]

    assert list(fields) == ["items.1.name", "items.2.name", "items.3", "items.4"]
    assert fields["items.3"] == ["This item is bad."]


def test_only_json_is_returned(db, api):
    assert error(api.get("/api/v1/", HTTP_ACCEPT="text/html"))["code"] == "not_acceptable"


def test_only_json_is_accepted(db, api):
    response = api.post("/api/v1/auth/login/", b"<login/>", content_type="application/xml")

    assert response.status_code == 415
    assert error(response)["code"] == "unsupported_media_type"


def test_a_list_instead_of_an_object_is_a_non_field_error(db, api):
    body = error(api.post("/api/v1/auth/login/", [1]))

    assert body["fields"] == {}
    assert "list" in body["message"]


def test_an_unknown_host_is_an_error_in_the_same_format(api):
    assert error(api.get("/api/v1/", HTTP_HOST="evil.example.com"))["code"] == "bad_request"


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "two words", "é"])
def test_an_invalid_access_token_is_an_error_in_the_same_format(token, db, api):
    response = api.get("/api/v1/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert response.status_code == 401
    assert error(response)["fields"] == {}
