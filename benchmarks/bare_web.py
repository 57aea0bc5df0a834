"""`startproject` with three views, the baseline for the web process."""

from benchmarks.projects import Bench, Project, bare_project

URLS = """
from django.http import JsonResponse
from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAdminUser
from rest_framework.serializers import ModelSerializer
from rest_framework_simplejwt.authentication import JWTAuthentication

from people.models import User


class UserSerializer(ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "email", "name", "avatar", "is_staff", "is_active", "joined_at", "last_login"]


class Pages(PageNumberPagination):
    page_size = 20


class Users(ListAPIView):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAdminUser]
    pagination_class = Pages
    queryset = User.objects.order_by("-joined_at", "-pk")
    serializer_class = UserSerializer


urlpatterns = [
    path("trivial/", lambda request: JsonResponse({"ok": True})),
    path("health/", lambda request: JsonResponse({"ok": True})),
    path("api/v1/users/", Users.as_view()),
]
"""

# The same table, with a model that uses nothing else of this project.
MODELS = """
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class User(AbstractBaseUser):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    avatar = models.ImageField()
    is_staff = models.BooleanField()
    is_active = models.BooleanField()
    joined_at = models.DateTimeField()

    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "accounts_user"
"""

SETTINGS = """
# The user list needs these two.
INSTALLED_APPS += ["rest_framework", "people"]
AUTH_USER_MODEL = "people.User"
"""


def bare_web(bench: Bench) -> Project:
    files = {"bare/urls.py": URLS, "people/__init__.py": "", "people/models.py": MODELS}
    return bare_project(bench, "web", SETTINGS, files, {})
