"""The ordinary edits of a user's first weeks: the project's own tests accept all of them."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from slipway.tests.making import projects
from slipway.tests.making.projects import attempt, run

pytestmark = pytest.mark.slow

APP = {
    "apps/bookings/__init__.py": "",
    "apps/bookings/migrations/__init__.py": "",
    "apps/bookings/apps.py": """
        from django.apps import AppConfig


        class BookingsConfig(AppConfig):
            name = "apps.bookings"
        """,
    "apps/bookings/models.py": """
        from django.conf import settings
        from django.db import models


        class Booking(models.Model):
            # TODO: let people cancel a booking
            title = models.CharField(max_length=100)
            user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

            class Meta:
                ordering = ["pk"]

            def __str__(self):
                return self.title
        """,
    "apps/bookings/tasks.py": """
        import os

        from celery import shared_task

        from apps.bookings.models import Booking

        SENDER = os.environ.get("REMINDER_SENDER", "bookings")


        @shared_task
        def send_reminder(pk):
            return f"{SENDER}: {Booking.objects.get(pk=pk)}"
        """,
    "apps/bookings/views.py": """
        import psycopg2
        import stripe
        from rest_framework import serializers
        from rest_framework.response import Response
        from rest_framework.views import APIView
        from rest_framework.viewsets import ModelViewSet

        from .models import Booking
        from .tasks import send_reminder


        class BookingSerializer(serializers.ModelSerializer):
            class Meta:
                model = Booking
                fields = ["id", "title"]


        class BookingViewSet(ModelViewSet):
            serializer_class = BookingSerializer

            def get_queryset(self):
                return Booking.objects.filter(user=self.request.user)

            def perform_create(self, serializer):
                send_reminder.delay(serializer.save(user=self.request.user).pk)


        class VersionsView(APIView):
            def get(self, request):
                return Response({"psycopg2": psycopg2.__version__, "stripe": stripe.VERSION})
        """,
    "apps/bookings/urls.py": """
        from django.urls import path
        from rest_framework.routers import DefaultRouter

        from apps.bookings.views import BookingViewSet, VersionsView

        router = DefaultRouter()
        router.register("bookings", BookingViewSet, basename="booking")

        urlpatterns = [*router.urls, path("versions/", VersionsView.as_view())]
        """,
    "apps/bookings/tests.py": """
        def test_the_module_of_an_app_is_collected():
            assert True
        """,
    "apps/guests/tests/test_bookings.py": """
        def test_a_booking_is_listed_for_its_user(signed_in):
            created = signed_in.post("/api/v1/bookings/", {"title": "Room 3"})
            listed = signed_in.get("/api/v1/bookings/")
            root = signed_in.get("/api/v1/")

            assert created.status_code == 201
            assert [booking["title"] for booking in listed.data["results"]] == ["Room 3"]
            assert root.data["bookings"].endswith("/api/v1/bookings/")


        def test_the_front_page_is_ours(client):
            assert client.get("/").content == b"Welcome"
        """,
}
OTHER_FILES = {
    "README.md": """
        # Bookings

        Our site for bookings. Run `bin/dev`.

        Ask Ada about the `scripts/` folder.
        """,
    "docs/decisions/0001-use-postgres.md": """
        # 1. Use PostgreSQL

        ## Status

        Accepted

        ## Context

        We store bookings.

        ## Decision

        PostgreSQL.

        ## Consequences

        We run a server.
        """,
    "frontend/package.json": '{"name": "frontend", "private": true}\n',
    "frontend/src/main.tsx": "export const answer = 42\n",
    "frontend/node_modules/gyp/broken.py": "print 'Python 2'\n",
    "frontend/node_modules/gyp/test_broken.py": "print 'Python 2'\n",
    ".github/workflows/python-app.yml": """
        name: Python application
        on:
          push:
            branches: [main]
        jobs:
          build:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - uses: actions/setup-python@v3
                with:
                  python-version: "3.13"
              - run: echo ${{ github.event.head_commit.message }}
        """,
}
SETTINGS = """
ANYMAIL = {"MAILGUN_API_KEY": "key"}
SHELL_PLUS = "ipython"
CELERY_TASK_ROUTES = {"apps.bookings.tasks.*": {"queue": "bookings"}}
"""
CRON = """
  - type: cron
    name: nutmeg-report
    runtime: python
    plan: starter
    region: frankfurt
    schedule: "0 6 * * 1"
    buildCommand: ./build.sh
    startCommand: python manage.py report
    envVars:
      - key: REPORT_RECIPIENT
        value: ada@example.com
"""
SEARCH = """
  search:
    image: getmeili/meilisearch:v1.10
    environment:
      MEILI_ENV: development
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(content).lstrip("\n"))


def append(folder: Path, path: str, content: str) -> None:
    (folder / path).write_text((folder / path).read_text() + content)


def replace(folder: Path, path: str, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, (folder / path).read_text(), count=1, flags=re.MULTILINE | re.DOTALL)
    assert count == 1, f"{path} has no {pattern}"
    (folder / path).write_text(text)


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    projects.write(projects.files(()), tmp_path)
    projects.lend_packages(tmp_path)
    write(tmp_path, APP | OTHER_FILES)
    replace(tmp_path, "config/settings/base.py", r"^INSTALLED_APPS = \[.*?(?=^\])", r'\g<0>    "apps.bookings",\n')
    append(tmp_path, "config/settings/base.py", SETTINGS)
    append(tmp_path, "apps/api/urls.py", 'urlpatterns += [path("v1/", include("apps.bookings.urls"))]\n')
    replace(
        tmp_path, "config/urls.py", r"^urlpatterns[^\n]*\[\n",
        'from django.http import HttpResponse\n\n\n\\g<0>    path("", lambda request: HttpResponse("Welcome")),\n',
    )  # fmt: skip
    append(tmp_path, "requirements/base.in", "stripe\npsycopg2-binary\n")
    replace(tmp_path, "render.yaml", r"^services:\n", rf"\g<0>{CRON[1:]}\n")
    replace(tmp_path, "docker-compose.yml", r"^services:\n", rf"\g<0>{SEARCH[1:]}\n")
    run(tmp_path, "bin/lock")
    run(tmp_path, "bin/setup")
    run(tmp_path, ".venv/bin/python", "manage.py", "makemigrations", "bookings")
    return tmp_path


def test_ordinary_edits_pass(edited: Path) -> None:
    output = run(edited, "bin/test", "--fix")

    assert "passed" in output
    assert "apps/bookings/tests.py" in run(edited, "bin/test", "--collect-only", "-q", "apps")


def test_djangos_test_command_names_ours(edited: Path) -> None:
    done = attempt(edited, ".venv/bin/python", "manage.py", "test")

    assert done.returncode != 0
    assert "bin/test" in done.stdout
    assert len(done.stdout.splitlines()) <= 3


def test_a_long_readme_passes(tmp_path: Path) -> None:
    """In a folder that is no git repository, without any feature."""
    projects.write(projects.files(projects.possible(projects.FEATURES)), tmp_path)
    projects.lend_packages(tmp_path)
    (tmp_path / "README.md").write_text("# Ours\n\n" + "See `bin/nothing` and [a page](docs/nothing.md).\n\n" * 100)
    run(tmp_path, "rm", "-rf", ".git")

    run(tmp_path, "bin/test")
