"""Endpoints that a user appends to apps/api/urls.py, written as Django REST framework's documentation does."""

from typing import Any

import pytest
from django.urls import include, path, re_path
from django_filters import FilterSet
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIClient
from rest_framework.viewsets import ModelViewSet

from apps.accounts.models import User
from apps.api import urls
from apps.api.views import not_found
from apps.notifications.models import Notification


class OwnNotifications(FilterSet):
    class Meta:
        model = Notification
        fields = ("kind",)

    @property
    def qs(self) -> Any:
        return super().qs.filter(user=self.request.user)


class NoteSerializer(ModelSerializer):
    class Meta:
        model = Notification
        fields = ("id", "kind")


class NoteViewSet(ModelViewSet):
    queryset = Notification.objects.all()
    serializer_class = NoteSerializer
    filterset_class = OwnNotifications


router = DefaultRouter()
router.register("notes", NoteViewSet)
endpoints: list[Any] = [*urls.urlpatterns, path("v1/", include(router.urls))]
urlpatterns = [path("api/", include(endpoints)), re_path("^api/", not_found)]


@pytest.fixture(autouse=True)
def appended(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def test_they_are_listed_and_answer(signed_in: APIClient) -> None:
    url = signed_in.get("/api/v1/").json()["notes"]

    assert url == "http://testserver/api/v1/notes/"
    assert signed_in.get(url).status_code == 200
    assert signed_in.get("/api/v1/notes").status_code == 200


@pytest.mark.parametrize("query", ["", "?kind=news"])
def test_rows_that_a_filter_set_hides_stay_hidden(signed_in: APIClient, user: User, staff: User, query: str) -> None:
    own = Notification.objects.create(user=user, kind="news", text="Yours")
    Notification.objects.create(user=staff, kind="news", text="Not yours")

    assert [note["id"] for note in signed_in.get(f"/api/v1/notes/{query}").json()["results"]] == [own.pk]


def test_unknown_paths_stay_errors_of_the_api(signed_in: APIClient) -> None:
    response = signed_in.get("/api/v1/nothing/")

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
