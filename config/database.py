"""The DATABASES setting from DATABASE_URL."""

import ipaddress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dj_database_url

PRIVATE_SUFFIXES = (".internal", ".local", ".localdomain", ".svc", ".flycast")


def database(url: str, *, statement_timeout: int) -> dict[str, Any]:
    settings: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    options = settings.setdefault("OPTIONS", {})
    if settings["ENGINE"].endswith("sqlite3"):
        # With WAL, readers don't wait for a writer. With IMMEDIATE, writers wait for each other instead of failing with
        # "database is locked".
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"}
        return settings

    settings["ENGINE"] = "config.postgresql"
    address = urlsplit(url)
    # Find dead connections in seconds instead of hours.
    defaults = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
    defaults["tcp_user_timeout"] = 15_000
    options |= {name: value for name, value in defaults.items() if name not in options}
    if "sslmode" not in parse_qs(address.query) and not is_private(address.hostname or ""):
        options["sslmode"] = "require"
    pooled = options.pop("pooled", None)
    if str(pooled).lower() == "true" or (pooled is None and is_pooled(address.hostname or "", address.port)):
        # A pooler in transaction mode allows neither server-side cursors nor startup options. Set the statement
        # timeout on the database role instead.
        settings["DISABLE_SERVER_SIDE_CURSORS"] = True
    elif statement_timeout:
        startup = options.get("options", "")
        options["options"] = f"{startup} -c statement_timeout={statement_timeout * 1000}".strip()
    return settings


def is_private(host: str) -> bool:
    """A Unix socket, a host name without a dot, or a private address: inside the platform's network, without TLS."""
    if "." not in host and ":" not in host:
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith(PRIVATE_SUFFIXES)


def is_pooled(host: str, port: int | None) -> bool:
    """Poolers of Neon, Supabase and DigitalOcean, and PgBouncer by its usual names and port."""
    names = ("-pooler.", ".pooler.", "-pool.", "pgbouncer")
    return any(name in host for name in names) or port in (6432, 6543, 25061)
