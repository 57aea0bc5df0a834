from typing import Any

import pytest

from config.database import database, is_private
from tests.commands import PRODUCTION, run


def settings_for(url: str, **arguments: Any) -> dict[str, Any]:
    return database(url, **{"statement_timeout": 30, **arguments})


@pytest.mark.parametrize(
    "host", ["localhost", "db", "dpg-abc123-a", "10.0.0.7", "192.168.1.2", "[::1]", "db.railway.internal", "my.flycast"]
)
def test_tls_is_not_required_in_a_private_network(host: str) -> None:
    assert "sslmode" not in settings_for(f"postgres://u:p@{host}/d")["OPTIONS"]


@pytest.mark.parametrize("host", ["db.example.com", "ep-x.eu-central-1.aws.neon.tech", "8.8.8.8"])
def test_tls_is_required_for_other_hosts(host: str) -> None:
    assert settings_for(f"postgres://u:p@{host}/d")["OPTIONS"]["sslmode"] == "require"


def test_sslmode_in_the_url_is_kept() -> None:
    assert settings_for("postgres://u:p@db.example.com/d?sslmode=disable")["OPTIONS"]["sslmode"] == "disable"


def test_connections_are_persistent_and_checked() -> None:
    settings = settings_for("postgres://u:p@db/d")

    assert (settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"]) == (600, True)


def test_connections_are_not_persistent_under_asgi() -> None:
    show = "from django.conf import settings; print(settings.DATABASES['default']['CONN_MAX_AGE'])"
    ages = [run("python", "-c", show, **PRODUCTION, PROCESS=process).stdout.strip() for process in ("web", "ws")]

    assert ages == ["600", "0"]


def test_the_statement_timeout_is_added_to_other_options() -> None:
    options = settings_for("postgres://u:p@db/d?options=-c%20search_path%3Dapp")["OPTIONS"]["options"]

    assert options == "-c search_path=app -c statement_timeout=30000"


@pytest.mark.parametrize(
    "address",
    [
        "ep-x-pooler.eu.aws.neon.tech/d?sslmode=require",
        "aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
        "db-do-user-1-0.c.db.ondigitalocean.com:25061/pool",
        "pgbouncer/d",
        "db:6432/d",
        "db/d?pooled=true",
    ],
)
def test_a_pooler_gets_no_startup_options_and_no_server_side_cursors(address: str) -> None:
    settings = settings_for(f"postgres://u:p@{address}")

    assert settings["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "options" not in settings["OPTIONS"]


def test_sqlite_uses_wal_and_immediate_transactions() -> None:
    options = settings_for("sqlite:////tmp/x.sqlite3")["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert "WAL" in options["init_command"]


@pytest.mark.parametrize("host", ["example.com", "internal.example.com", "1.1.1.1"])
def test_a_public_host_is_not_private(host: str) -> None:
    assert not is_private(host)


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgres_cancels_a_long_statement(settings: Any) -> None:
    from django.db import OperationalError, connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("30s",)
        cursor.execute("SET LOCAL statement_timeout = 50")
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.parametrize(("command", "timeout"), [("migrate", False), ("shell", True)])
def test_migrations_have_no_statement_timeout(command: str, timeout: bool) -> None:
    show = f"""
import sys
import manage
sys.argv = ["manage.py", "{command}", "--help"]
try:
    manage.main()
except SystemExit:
    from django.conf import settings
    print("statement_timeout" in settings.DATABASES["default"]["OPTIONS"].get("options", ""))
"""
    done = run("python", "-c", show, **PRODUCTION)

    assert done.stdout.splitlines()[-1:] == [str(timeout)], done.stderr


@pytest.mark.parametrize("address", ["db:6432/d?pooled=false", "dpg-x-a.frankfurt-postgres.render.com/d", "db/d"])
def test_other_servers_are_not_pooled(address: str) -> None:
    settings = settings_for(f"postgres://u:p@{address}")

    assert not settings["DISABLE_SERVER_SIDE_CURSORS"]
    assert "pooled" not in settings["OPTIONS"]
