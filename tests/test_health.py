"""The health check endpoints: /health/live/, /health/ and /api/health/."""

import pytest

from apps.health.checks import CHECKS, CheckResult, HealthCheck
from apps.health.middleware import PROBES


@pytest.fixture
def set_status(monkeypatch):
    """Replaces a health check by a result."""

    def replace(name, status):
        monkeypatch.setitem(CHECKS, name, HealthCheck(lambda: CheckResult(status)))

    for name in CHECKS:
        replace(name, "up")
    return replace


@pytest.mark.parametrize("path", PROBES)
def test_health_checks_accept_any_host(client, set_status, path):
    response = client.get(path, headers={"Host": "healthcheck.platform.example"})

    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


def test_the_live_check_needs_no_database(client):
    # Without the `db` fixture, a query is an error.
    assert client.get("/health/live/").content == b"ok"


@pytest.mark.django_db(transaction=True)
def test_a_site_with_all_services_is_healthy(client, set_status):
    report = client.get("/api/health/").json()

    assert report["status"] == "healthy"
    assert {"timestamp", "version", "environment"} < report.keys()
    assert {"database", "redis"} <= report["services"].keys()
    # Celery
    assert "celery" in report["services"]


@pytest.mark.django_db(transaction=True)
def test_a_migrated_database_is_ready(client):
    assert client.get("/health/").status_code == 200


def test_without_a_database_the_site_is_unhealthy(client, set_status):
    set_status("database", "down")

    assert client.get("/health/").status_code == 503
    assert client.get("/api/health/").status_code == 503
    assert client.get("/api/health/").json()["status"] == "unhealthy"


def test_without_redis_the_site_is_degraded_and_works(client, set_status):
    set_status("redis", "down")
    response = client.get("/api/health/")

    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert client.get("/health/").status_code == 200


@pytest.mark.parametrize(("status", "expected"), [("down", 503), ("off", 200)])
def test_a_strict_report_of_a_degraded_site_is_an_error(client, set_status, status, expected):
    set_status("redis", status)

    assert client.get("/api/health/?strict").status_code == expected


def test_other_urls_need_a_known_host(client):
    assert client.get("/api/v1/", headers={"Host": "healthcheck.platform.example"}).status_code == 400
