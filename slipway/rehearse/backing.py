"""The PostgreSQL and the Key Value stores of a Blueprint, real ones, for as long as the rehearsal lasts."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from slipway.rehearse.blueprint import Blueprint, Database, Store
from slipway.rehearse.failures import Failure
from tools.services import running

# What plans below 8 GB leave to the application.
CONNECTIONS = 97


@dataclass
class Backing:
    """Addresses by the names of the Blueprint, and what serves there."""

    # With their passwords.
    databases: dict[str, str] = field(default_factory=dict, repr=False)
    stores: dict[str, str] = field(default_factory=dict, repr=False)
    titles: list[str] = field(default_factory=list)

    def tables(self) -> int:
        """How many there are in all databases: whoever works on an empty one makes some."""
        return sum(tables_at(address) for address in self.databases.values())


@contextmanager
def backing(blueprint: Blueprint) -> Iterator[Backing]:
    found = Backing()
    with ExitStack() as stack:
        if blueprint.databases:
            started = serve(stack, "postgres")
            found.titles += started["started"]
            # One for all: several databases may have the same user.
            password = secrets.token_urlsafe(24)
            for database in blueprint.databases:
                found.databases[database.name] = create(database, password, started["DATABASE_URL"])
        for store in blueprint.stores:
            started = serve(stack, "redis")
            found.titles += started["started"]
            found.stores[store.name] = arrange(store, started["REDIS_URL"])
        yield found


def serve(stack: ExitStack, name: str) -> dict:
    started = stack.enter_context(running(only=[name]))
    if started["missing"]:
        raise Failure("\n".join(started["missing"].values()))
    return started


def create(database: Database, password: str, address: str) -> str:
    """As Render does: its user owns it and is no superuser, and has so many connections and no more."""
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


def tables_at(address: str) -> int:
    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()
    return found[0] if found else 0


def arrange(store: Store, address: str) -> str:
    """What it does when it is full is the Blueprint's to say."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(f"CONFIG SET maxmemory-policy {store.policy}\r\n".encode())
        answer = connection.recv(1024)
    if answer != b"+OK\r\n":
        raise Failure(f"The store {store.name} takes no maxmemoryPolicy {store.policy}: {answer.decode().strip()}")
    # The database number is left out there.
    return parts._replace(path="").geturl()
