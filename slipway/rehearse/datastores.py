"""The databases and Key Value stores of a Blueprint, on real PostgreSQL and Redis or Valkey servers."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from slipway.rehearse.blueprint import Blueprint, Database, Store
from slipway.rehearse.errors import Failure
from tools.services import running

# Connection limit of the plans below 8 GB.
CONNECTIONS = 97


@dataclass
class Datastores:
    """URLs by the names in the Blueprint."""

    # They contain passwords.
    databases: dict[str, str] = field(default_factory=dict, repr=False)
    stores: dict[str, str] = field(default_factory=dict, repr=False)
    server_names: list[str] = field(default_factory=list)

    def count_all_tables(self) -> int:
        """Number of tables in all databases. A build that migrates creates some."""
        return sum(count_tables(address) for address in self.databases.values())


@contextmanager
def start_datastores(blueprint: Blueprint) -> Iterator[Datastores]:
    found = Datastores()
    with ExitStack() as stack:
        if blueprint.databases:
            started = start_server(stack, "postgres")
            found.server_names += started["started"]
            # One password for all: several databases may have the same user.
            password = secrets.token_urlsafe(24)
            for database in blueprint.databases:
                found.databases[database.name] = create_database(database, password, started["DATABASE_URL"])
        for store in blueprint.stores:
            started = start_server(stack, "redis")
            found.server_names += started["started"]
            found.stores[store.name] = configure(store, started["REDIS_URL"])
        yield found


def start_server(stack: ExitStack, name: str) -> dict:
    started = stack.enter_context(running(only=[name]))
    if started["missing"]:
        raise Failure("\n".join(started["missing"].values()))
    return started


def create_database(database: Database, password: str, address: str) -> str:
    """As on Render, its user owns it, is not a superuser and has a connection limit."""
    name, user = database.database_name, database.user
    with psycopg.connect(address, autocommit=True) as connection:
        role = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [user]).fetchone()
        if role is None:
            connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(user)))
        connection.execute(SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(user), Literal(password)))
        connection.execute(
            SQL("CREATE DATABASE {} OWNER {} CONNECTION LIMIT {}").format(
                Identifier(name), Identifier(user), Literal(CONNECTIONS)
            )
        )
    parts = urlsplit(address)
    return parts._replace(
        scheme="postgresql", netloc=f"{user}:{password}@{parts.hostname}:{parts.port}", path=f"/{name}"
    ).geturl()


def count_tables(address: str) -> int:
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()
    return found[0] if found else 0


def configure(store: Store, address: str) -> str:
    """Apply the maxmemoryPolicy of the Blueprint."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(f"CONFIG SET maxmemory-policy {store.policy}\r\n".encode())
        answer = connection.recv(1024)
    if answer != b"+OK\r\n":
        raise Failure(f"The store {store.name} rejects maxmemoryPolicy {store.policy}: {answer.decode().strip()}")
    # URLs on Render have no database number.
    return parts._replace(path="").geturl()
