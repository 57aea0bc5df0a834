"""The two projects that are compared: this one as production runs it, and what `startproject` makes."""

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BARE_URLS = """
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

# The same rows, through a model that knows nothing else of this project.
BARE_MODELS = """
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

BARE_SETTINGS = """
import os

import dj_database_url

DEBUG = False
ALLOWED_HOSTS = ["localhost"]
SECRET_KEY = os.environ["SECRET_KEY"]
# The list needs these two; the rest is as it was made.
INSTALLED_APPS += ["rest_framework", "people"]
AUTH_USER_MODEL = "people.User"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600)}
"""


@dataclass
class Project:
    name: str
    folder: Path
    module: str
    environment: dict[str, str] = field(default_factory=dict)
    gunicorn: tuple[str, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{self.folder}:{ROOT}", **self.environment}

    def python(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=self.folder, env=self.variables, check=True)


def ours(shared: dict[str, str], redis_url: str) -> Project:
    environment = {
        **shared,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "ALLOWED_HOSTS": "localhost",
        "REDIS_URL": redis_url,
    }
    return Project("slipway", ROOT, "config.wsgi", environment, ("-c", "config/gunicorn.py"))


def with_everything(project: Project) -> Project:
    """All services switched on. Nobody listens where errors and pictures would go: nothing is sent there."""
    services = {
        "SENTRY_DSN": "http://key@127.0.0.1:9/1",
        "CLOUDINARY_URL": "cloudinary://key:secret@cloud",
        "EMAIL_HOST": "localhost",
    }
    return replace(project, name="everything", environment={**project.environment, **services})


def bare(folder: Path, shared: dict[str, str]) -> Project:
    """`startproject` on the same versions, with three views and nothing else."""
    project = Project("bare", folder, "bare.wsgi", {**shared, "DJANGO_SETTINGS_MODULE": "bare.settings"})
    project.python("-m", "django", "startproject", "bare", ".")
    with (folder / "bare/settings.py").open("a") as settings:
        settings.write(BARE_SETTINGS)
    (folder / "bare/urls.py").write_text(BARE_URLS)
    (folder / "people").mkdir()
    (folder / "people/__init__.py").touch()
    (folder / "people/models.py").write_text(BARE_MODELS)
    project.python("-m", "compileall", "-q", ".")
    return project
