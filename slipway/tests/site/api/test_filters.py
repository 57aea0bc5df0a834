"""Filters and ordering of lists."""

import pytest
from django.test import override_settings
from django.urls import path
from django_filters.rest_framework import FilterSet  # type: ignore[import-untyped]
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny

from apps.accounts.models import User


class ActiveUsers(FilterSet):
    class Meta:
        model = User
        fields = ["name"]

    @property
    def qs(self):
        return super().qs.filter(is_active=True)


class UserSerializer(serializers.ModelSerializer):
    greeting = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["email", "greeting"]

    def get_greeting(self, user) -> str:
        return self.fields["email"].context["request"].path


class UserListView(generics.ListAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None
    queryset = User.objects.all()
    serializer_class = UserSerializer
    filterset_class = ActiveUsers
    ordering_fields = ("name",)


class Urls:
    urlpatterns = [path("users/", UserListView.as_view())]


@pytest.fixture
def list_users(api, db):
    def listed(**query):
        response = api.get("/users/", query)
        assert response.status_code == 200
        return [user["email"] for user in response.data["results"]]

    with override_settings(ROOT_URLCONF=Urls):
        yield listed


def test_a_filterset_hides_rows_without_any_parameter(list_users):
    User.objects.create_user("ada@example.com", is_active=False)
    User.objects.create_user("grace@example.com")

    assert list_users() == ["grace@example.com"]
    assert list_users(page=1) == ["grace@example.com"]


@pytest.mark.postgres
def test_pages_of_rows_with_equal_values_repeat_and_miss_no_row(list_users):
    """Without the primary key, PostgreSQL returns them in the order of their last change."""
    users = [User.objects.create_user(f"{number}@example.com", name="Ada") for number in range(4)]

    listed = []
    for page in range(1, 5):
        listed += list_users(ordering="name", page_size=1, page=page)
        users[page - 1].save()

    assert listed == [user.email for user in users]
