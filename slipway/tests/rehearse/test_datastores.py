import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from slipway.rehearse.blueprint import Blueprint, Store, read
from slipway.rehearse.datastores import CONNECTIONS, Datastores, configure, start_datastores
from slipway.rehearse.errors import Failure

TEXT = """
databases:
  - name: shop-db
    databaseName: shop
    user: keeper
  - name: archive
    user: keeper
services:
  - type: keyvalue
    name: broker
    maxmemoryPolicy: noeviction
    ipAllowList: []
  - type: keyvalue
    name: cache
    maxmemoryPolicy: allkeys-lfu
    ipAllowList: []
"""


def blueprint(folder: Path, text: str) -> Blueprint:
    path = folder / "render.yaml"
    path.write_text(text)
    return read(path)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Datastores]:
    with start_datastores(blueprint(tmp_path_factory.mktemp("backing"), TEXT)) as found:
        yield found


def asked(address: str, question: str) -> tuple:
    with psycopg.connect(address) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row
    return row


def output(address: str, order: str) -> str:
    parts = urlsplit(address)
    assert parts.port
    with socket.create_connection(("127.0.0.1", parts.port), timeout=5) as connection:
        connection.sendall(f"{order}\r\n".encode())
        return connection.recv(1024).decode()


@pytest.mark.postgres
@pytest.mark.redis
def test_each_entry_has_a_database_that_its_user_owns(found: Datastores) -> None:
    owner = "SELECT current_database(), current_user, pg_get_userbyid(datdba) FROM pg_database"
    owned = {name: asked(at, f"{owner} WHERE datname = current_database()") for name, at in found.databases.items()}

    assert owned == {"shop-db": ("shop", "keeper", "keeper"), "archive": ("archive", "keeper", "keeper")}


@pytest.mark.postgres
@pytest.mark.redis
def test_repr_shows_no_passwords(found: Datastores) -> None:
    passwords = {urlsplit(address).password for address in found.databases.values()}

    assert all(password and password not in repr(found) for password in passwords)


@pytest.mark.postgres
@pytest.mark.redis
def test_the_user_of_a_database_is_not_a_superuser(found: Datastores) -> None:
    rights = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"

    assert asked(found.databases["archive"], rights) == (False, False, False)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        asked(found.databases["archive"], "SELECT pg_read_file('/etc/passwd')")


@pytest.mark.postgres
@pytest.mark.redis
def test_a_database_has_the_connection_limit_of_render(found: Datastores) -> None:
    limit = "SELECT datconnlimit FROM pg_database WHERE datname = current_database()"

    assert asked(found.databases["archive"], limit) == (CONNECTIONS,)


@pytest.mark.postgres
@pytest.mark.redis
def test_tables_are_counted_in_all_databases(found: Datastores) -> None:
    before = found.count_all_tables()
    for address in found.databases.values():
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE counted ()")

    assert found.count_all_tables() == before + 2


@pytest.mark.postgres
@pytest.mark.redis
def test_each_store_has_its_maxmemory_policy(found: Datastores) -> None:
    policies = {name: output(at, "CONFIG GET maxmemory-policy").split()[-1] for name, at in found.stores.items()}

    assert policies == {"broker": "noeviction", "cache": "allkeys-lfu"}


@pytest.mark.postgres
@pytest.mark.redis
def test_stores_are_separate_and_their_urls_have_no_database_number(found: Datastores) -> None:
    output(found.stores["broker"], "SET word hello")

    assert output(found.stores["cache"], "GET word") == "$-1\r\n"
    assert {urlsplit(address).path for address in found.stores.values()} == {""}


@pytest.mark.postgres
@pytest.mark.redis
def test_an_unknown_policy_is_an_error(found: Datastores) -> None:
    with pytest.raises(Failure, match="The store broker rejects maxmemoryPolicy whatever"):
        configure(Store("broker", "starter", "whatever", 1), found.stores["broker"])


def test_a_missing_server_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICES", "none")

    with pytest.raises(Failure, match="SERVICES=none"), start_datastores(blueprint(tmp_path, TEXT)):
        pass


def test_a_blueprint_without_datastores_starts_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICES", "none")
    with start_datastores(blueprint(tmp_path, "services: []\n")) as found:
        assert (found.databases, found.stores, found.server_names, found.count_all_tables()) == ({}, {}, [], 0)
