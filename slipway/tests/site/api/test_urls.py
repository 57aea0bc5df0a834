"""URLs below /api/: what users add is served and listed, and everything else is a 404."""

import re
import sys
from types import ModuleType

import pytest
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_script_prefix
from django.urls import path, reverse
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from tests.commands import ROOT


class VersionView(APIView):
    permission_classes = ()
    schema = None

    def get(self, request, **kwargs):
        return Response({"version": 1})

    post = get


class BookingViewSet(ViewSet):
    permission_classes = ()
    schema = None

    def list(self, request, **kwargs):
        return Response(["Room 3"])

    retrieve = list


def plain(request):
    return HttpResponse(request.method)


router = DefaultRouter()
router.register("bookings", BookingViewSet, basename="booking")
ADDED = [
    *router.urls,
    path("versions/", VersionView.as_view()),
    path("versions/<int:pk>/", VersionView.as_view(), name="version"),
    path("plain/", plain),
]


def module(name, source, monkeypatch):
    """A module with this source, until the end of the test."""
    made = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, made)
    exec(source, vars(made))


@pytest.fixture
def urls(settings, monkeypatch):
    """The URLs of the site, with one line appended to apps/api/urls.py."""
    monkeypatch.setitem(sys.modules, "added_urls", ModuleType("added_urls"))
    sys.modules["added_urls"].urlpatterns = ADDED
    api = (ROOT / "apps/api/urls.py").read_text() + '\nurlpatterns += [path("v1/", include("added_urls"))]\n'
    module("api_urls", api, monkeypatch)
    module("site_urls", (ROOT / "config/urls.py").read_text().replace("apps.api.urls", "api_urls"), monkeypatch)
    settings.ROOT_URLCONF = "site_urls"


def test_patterns_appended_to_the_urls_are_served(urls, db, api):
    assert api.get("/api/v1/bookings/").data == ["Room 3"]
    assert api.get("/api/v1/bookings/3/").data == ["Room 3"]
    assert api.get("/api/v1/versions/").data == {"version": 1}


def test_patterns_appended_to_the_urls_are_listed(urls, db, api):
    listed = api.get("/api/v1/").json()

    assert {key for key in listed if re.match("booking|version|plain", key)} == {"bookings", "versions", "plain"}
    assert listed["bookings"] == "http://testserver/api/v1/bookings/"
    assert listed["versions"] == "http://testserver/api/v1/versions/"
    assert "" not in listed


def test_endpoints_are_listed_in_alphabetical_order(db, api):
    listed = list(api.get("/api/v1/").json())

    assert listed == sorted(listed)
    assert {"auth/login", "notifications", "users", "users/me"} <= set(listed)


def test_all_listed_endpoints_exist(db, api):
    assert {api.get(url).status_code for url in api.get("/api/v1/").json().values()} <= {200, 401, 405}


@override_script_prefix("/shop/")
def test_urls_below_a_script_name_are_listed(db, client):
    listed = client.get("/api/v1/").json()

    assert listed["users"] == "http://testserver/shop/api/v1/users/"


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v1/nothing/", "/api/v2/", "/api/v1/users/me/x"])
@pytest.mark.parametrize("debug", [True, False])
def test_other_urls_are_not_found(path, debug, db, api, settings):
    settings.DEBUG = debug
    response = api.get(path)

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api/v1", "/api/schema", "/api/docs", "/api/health"])
@pytest.mark.django_db(transaction=True)
def test_the_last_slash_is_optional(path, api):
    assert api.get(path).status_code == 200


def test_a_post_request_without_the_last_slash_keeps_its_body(user, api):
    assert api.post("/api/v1/auth/password/reset", {"email": user.email}).status_code == 202


def test_a_missing_slash_does_not_skip_the_csrf_check(urls, db):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/api/v1/plain/").status_code == 403
    response = client.post("/api/v1/plain?page=2")
    assert (response.status_code, response.url) == (302, "/api/v1/plain/?page=2")


def test_names_of_routers_do_not_hide_the_root(urls, db, api, settings):
    assert reverse("api") == "/api/v1/"
