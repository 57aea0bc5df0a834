"""The database's settings from its address, safe on every provider we know of."""

import ipaddress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dj_database_url

PRIVATE_ENDINGS = (".internal", ".local", ".localdomain", ".svc", ".flycast")


def database(url: str, *, persistent: bool, statement_timeout: int) -> dict[str, Any]:
    settings: dict[str, Any] = dict(
        dj_database_url.parse(url, conn_max_age=600 if persistent else 0, conn_health_checks=True)
    )
    options = settings.setdefault("OPTIONS", {})
    if settings["ENGINE"].endswith("sqlite3"):
        # Readers don't wait for the writer, and writers queue instead of failing with "database is locked".
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"}
        return settings

    address = urlsplit(url)
    options.setdefault("connect_timeout", 5)
    if "sslmode" not in parse_qs(address.query) and not is_private(address.hostname or ""):
        options["sslmode"] = "require"
    if is_pooled(address.hostname or ""):
        # A pool in transaction mode hands each transaction another connection: nothing may live longer than one,
        # and it refuses start-up options. Set the time limit on the role instead.
        settings["DISABLE_SERVER_SIDE_CURSORS"] = True
    elif statement_timeout:
        given = options.get("options", "")
        options["options"] = f"{given} -c statement_timeout={statement_timeout * 1000}".strip()
    return settings


def is_private(host: str) -> bool:
    """A socket, a bare name as platforms give inside their network, or a private address."""
    if "." not in host and ":" not in host:
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith(PRIVATE_ENDINGS)


def is_pooled(host: str) -> bool:
    return "-pooler." in host or host.startswith("pgbouncer") or "-pool." in host
