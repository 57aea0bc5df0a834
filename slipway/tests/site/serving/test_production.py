import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.health.middleware import PROBES
from slipway.tests.site.serving.server import Server, serving
from tests.commands import PRODUCTION, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(log=tmp_path / "log", DATABASE_URL=database_url, WEB_CONCURRENCY="1") as started:
        yield started


@pytest.mark.postgres
def test_health_checks_need_neither_https_nor_a_known_host(server: Server) -> None:
    statuses = {path: server.ask("GET", path, headers={"Host": "10.0.0.1"}).status for path in PROBES}

    assert statuses == dict.fromkeys(PROBES, 200)


@pytest.mark.postgres
def test_other_requests_are_redirected_to_https(server: Server) -> None:
    answer = server.ask("GET", "/api/v1/", headers={"Host": "www.example.com"})

    assert (answer.status, answer.headers["Location"]) == (301, "https://www.example.com/api/v1/")
    assert server.get("/api/v1/").status == 200


@pytest.mark.postgres
def test_responses_have_strict_transport_security(server: Server) -> None:
    assert "max-age=" in server.get("/api/v1/").headers["Strict-Transport-Security"]


@pytest.mark.postgres
def test_responses_name_no_server_software(server: Server) -> None:
    answer = server.get("/api/v1/")

    assert answer.headers["Date"]
    assert "Server" not in answer.headers


@pytest.mark.postgres
def test_cookies_are_secure_and_http_only(server: Server) -> None:
    cookie = server.get("/confirm-email/?token=x").headers["Set-Cookie"]

    assert cookie.startswith("csrftoken=")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.postgres
def test_the_log_is_json_with_one_line_per_request(server: Server) -> None:
    server.get("/health/")
    request_id = server.get("/api/v1/?token=hush-hush").headers["X-Request-ID"]
    server.stop()

    asked = [line for line in server.lines() if "path" in line]

    assert [(line["path"], line["status"], line["request_id"]) for line in asked] == [("/api/v1/", 200, request_id)]
    assert "hush-hush" not in server.log.read_text()


def test_an_invalid_environment_stops_the_start_with_its_message(tmp_path: Path) -> None:
    ended = run(
        "python", "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi",
        DJANGO_SETTINGS_MODULE="config.settings.production",
    )  # fmt: skip

    assert ended.returncode == 1
    assert "SECRET_KEY is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.postgres
def test_a_client_cannot_choose_the_path_of_links(server: Server) -> None:
    for script in ("/evil", "/api"):
        endpoints = json.loads(server.get("/api/v1/", SCRIPT_NAME=script).body)

        assert endpoints["users"] == "https://www.example.com/api/v1/users/"


@pytest.mark.parametrize(("redis_url", "has_redis"), [("", False), ("redis://localhost/0", True)])
def test_views_and_redis_are_imported_before_workers_fork_and_threads_start(redis_url: str, has_redis: bool) -> None:
    show = "import sys, config.wsgi; print(*({'apps.accounts.views', 'redis'} & {*sys.modules}))"
    done = run("python", "-c", show, **PRODUCTION, REDIS_URL=redis_url)

    assert set(done.stdout.split()) == {"apps.accounts.views", *(["redis"] if has_redis else [])}
