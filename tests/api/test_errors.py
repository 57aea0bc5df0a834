import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from apps.accounts.views import MeView


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
        path("api/deep/", failing(RecursionError())),
        path("api/whole/", failing(exceptions.ValidationError("All of it is wrong."))),
    ]
    handler500 = "apps.pages.errors.server_error"


@pytest.fixture
def failures(api):
    api.raise_request_exception = False
    with override_settings(ROOT_URLCONF=Urls):
        yield api


def error_of(answer):
    assert answer.json().keys() == {"error"}
    error = answer.json()["error"]
    assert error.keys() == {"code", "message", "fields", "request_id"}
    assert error["request_id"] == answer["X-Request-ID"]
    return error


@pytest.mark.parametrize("status", [403, 404, 409, 429, 500])
def test_whatever_fails_is_answered_in_the_one_shape(status, failures):
    answer = failures.get(f"/api/{status}/")

    assert answer.status_code == status
    assert error_of(answer)["fields"] == {}


def test_an_error_of_ours_tells_nothing_of_itself(failures):
    assert "secret" not in failures.get("/api/500/").content.decode()


def test_who_must_wait_is_told_how_long(failures):
    assert failures.get("/api/429/")["Retry-After"] == "8"


def test_what_is_nested_too_deeply_is_refused_and_logged(failures, caplog):
    answer = failures.get("/api/deep/")

    assert answer.status_code == 400
    assert error_of(answer)["code"] == "parse_error"
    assert "RecursionError" in caplog.text


def test_what_is_wrong_with_the_whole_is_the_message(failures):
    error = error_of(failures.get("/api/whole/"))

    assert (error["message"], error["fields"]) == ("All of it is wrong.", {})


def test_errors_of_nested_fields_stand_under_their_path(failures):
    answer = failures.post("/api/403/", {"items": [{"name": "ok"}, {"name": "long"}, {}, {"name": "bad"}, 5]})
    fields = error_of(answer)["fields"]

    assert list(fields) == ["items.1.name", "items.2.name", "items.3", "items.4"]
    assert fields["items.3"] == ["This item is bad."]


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("get", "/api/nothing/", 404, "not_found"),
        ("get", "/api/", 404, "not_found"),
        ("get", "/api/v1/nothing", 404, "not_found"),
        ("post", "/api/v2/", 404, "not_found"),
        ("get", "/api/v1/users/me/", 401, "not_authenticated"),
        ("get", "/api/v1/auth/login/", 405, "method_not_allowed"),
    ],
)
def test_a_wrong_address_or_method_is_answered_in_the_one_shape(method, address, status, code, db, api):
    answer = getattr(api, method)(address)

    assert answer.status_code == status
    assert error_of(answer)["code"] == code


def test_only_json_is_spoken(db, api):
    assert error_of(api.get("/api/v1/", HTTP_ACCEPT="text/html"))["code"] == "not_acceptable"


def test_only_json_is_understood(db, api):
    answer = api.post("/api/v1/auth/login/", b"<login/>", content_type="application/xml")

    assert answer.status_code == 415
    assert error_of(answer)["code"] == "unsupported_media_type"


def test_broken_json_is_a_bad_request(db, api):
    answer = api.post("/api/v1/auth/login/", b'{"email": ', content_type="application/json")

    assert answer.status_code == 400
    assert error_of(answer)["code"] == "parse_error"


def test_a_missing_field_is_named(db, api):
    error = error_of(api.post("/api/v1/auth/login/", {"email": "ada@example.com"}))

    assert error["code"] == "invalid"
    assert error["fields"] == {"password": ["This field is required."]}


def test_a_list_instead_of_an_object_is_no_fields_fault(db, api):
    error = error_of(api.post("/api/v1/auth/login/", [1]))

    assert error["fields"] == {}
    assert "list" in error["message"]


def test_too_much_is_refused(db, api, settings):
    settings.MAX_BODY_SIZE = 100
    answer = api.post("/api/v1/auth/login/", {"email": "x" * 100})

    assert answer.status_code == 413
    assert error_of(answer)["code"] == "too_large"


def test_a_host_that_is_not_ours_is_refused_in_the_one_shape(api):
    assert error_of(api.get("/api/v1/", HTTP_HOST="evil.example.com"))["code"] == "bad_request"


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "two words", "é"])
def test_a_bad_access_token_is_answered_in_the_one_shape(token, db, api):
    answer = api.get("/api/v1/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert answer.status_code == 401
    assert error_of(answer)["fields"] == {}
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_bug_is_answered_by_a_500_and_logged(signed_in, monkeypatch, caplog):
    monkeypatch.setattr(MeView, "get_object", lambda view: 1 / 0)
    signed_in.raise_request_exception = False
    answer = signed_in.get("/api/v1/users/me/")

    assert answer.status_code == 500
    assert error_of(answer)["code"] == "error"
    assert "ZeroDivisionError" in caplog.text
