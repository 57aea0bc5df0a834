"""How health checks run: at the same time, within a time limit, in threads of their own."""

import time
from threading import Event
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client

from apps.health import checks
from apps.health.checks import CHECKS, CheckResult, HealthCheck, register, run_checks
from apps.health.middleware import PROBES


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.django_db(transaction=True)
def test_health_checks_have_security_headers(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.headers["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" in response.headers


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_answers_health_checks() -> None:
    assert async_to_sync(AsyncClient().get)("/health/").status_code == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_site_without_a_migration_is_not_ready(client: Client, monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr(checks, "migrations", checks.Migrations())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' AND name = '0001_initial'")
    try:
        response = client.get("/health/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('sessions', '0001_initial', now())"
            )

    assert response.status_code == 503
    assert "python manage.py migrate" in response.text
    assert "Not ready, database: 1 migrations are missing" in caplog.text


def test_a_check_that_hangs_is_down_and_starts_no_second_thread(monkeypatch: Any) -> None:
    monkeypatch.setattr(checks, "TIMEOUT", 0.1)
    released, runs = Event(), []

    def hang() -> CheckResult:
        runs.append(1)
        return CheckResult("up" if released.wait(10) else "down")

    monkeypatch.setitem(CHECKS, "stuck", HealthCheck(hang))

    assert [run_checks("stuck")["stuck"].status for _ in range(2)] == ["down", "down"]
    assert len(runs) == 1
    released.set()
    assert CHECKS["stuck"].result(10).status == "up"


def test_all_checks_together_take_two_seconds(client: Client, monkeypatch: Any) -> None:
    released = Event()
    for name in [*CHECKS, "search"]:
        monkeypatch.setitem(CHECKS, name, HealthCheck(lambda: CheckResult("up" if released.wait(10) else "down")))

    began = time.monotonic()
    report = client.get("/api/health/").json()
    took = time.monotonic() - began
    released.set()

    assert took < 2
    assert {service["status"] for service in report["services"].values()} == {"down"}


def test_an_app_registers_its_own_check(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(checks, "CHECKS", {"database": HealthCheck(lambda: CheckResult("up", "PostgreSQL"))})
    register("search", lambda: CheckResult("down", "Unavailable."))
    report = client.get("/api/health/").json()

    assert report["status"] == "degraded"
    assert report["services"] == {
        "database": {"status": "up", "detail": "PostgreSQL"},
        "search": {"status": "down", "detail": "Unavailable."},
    }


@pytest.mark.redis
def test_redis_is_up() -> None:
    assert run_checks("redis")["redis"].status == "up"


def test_an_unavailable_redis_is_down(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert run_checks("redis")["redis"].status == "down"
