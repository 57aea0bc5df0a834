import json
import time
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client

from apps.health import checks
from apps.health.checks import CHECKS, Check, Finding
from apps.health.middleware import PROBES

FIRST = "0001_initial"


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.django_db(transaction=True)
def test_probes_are_answered_whatever_host_they_ask_for(client: Client, path: str) -> None:
    assert client.get(path, headers={"Host": "healthcheck.platform.example"}).status_code == 200


def test_other_pages_are_not(client: Client) -> None:
    assert client.get("/", headers={"Host": "healthcheck.platform.example"}).status_code == 400


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.django_db(transaction=True)
def test_probes_have_the_security_headers_too(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]


def test_alive_needs_no_database(client: Client) -> None:
    # Without the django_db mark, any query would be an error.
    assert client.get("/health/live/").content == b"ok"


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_answers_probes_too() -> None:
    from asgiref.sync import async_to_sync

    assert async_to_sync(AsyncClient().get)("/health/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_report_names_every_service(client: Client) -> None:
    report = client.get("/api/health/").json()

    assert report["status"] == "healthy"
    assert {"timestamp", "version", "environment"} < report.keys()
    assert {"database", "redis"} <= report["services"].keys()
    # Celery
    assert "celery" in report["services"]


def test_without_redis_the_site_is_degraded_but_works(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setitem(CHECKS, "database", lambda: Finding("up"))
    monkeypatch.setitem(CHECKS, "redis", lambda: Finding("down"))

    answer = client.get("/api/health/")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_without_a_database_the_site_is_unhealthy(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setitem(CHECKS, "database", lambda: Finding("down"))

    assert client.get("/health/").status_code == 503
    assert client.get("/api/health/").status_code == 503
    assert client.get("/api/health/").json()["status"] == "unhealthy"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_missing_migration_keeps_traffic_away(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(checks, "migrated", checks.Migrated())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")
    try:
        answer = client.get("/health/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', %s, now())", [FIRST])

    assert answer.status_code == 503
    assert b"migrate" in answer.content


def test_an_answer_that_never_comes_holds_up_nobody(monkeypatch: Any) -> None:
    monkeypatch.setattr(checks, "LIMIT", 0.1)
    released = Event()
    stuck = Check(lambda: Finding("up" if released.wait(10) else "down"))
    began = time.monotonic()

    findings = [stuck(), stuck()]

    assert time.monotonic() - began < 1
    assert [finding.status for finding in findings] == ["down", "down"]
    released.set()
    assert stuck().status == "up"


@pytest.mark.redis
def test_redis_is_found_where_it_is() -> None:
    assert CHECKS["redis"]().status == "up"


def test_a_redis_that_is_not_there_is_down(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert CHECKS["redis"]().status == "down"


def test_the_report_is_json_of_plain_words(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setitem(CHECKS, "database", lambda: Finding("up", "PostgreSQL"))

    assert json.loads(client.get("/api/health/").content)["services"]["database"] == {
        "status": "up",
        "detail": "PostgreSQL",
    }
