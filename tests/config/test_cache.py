import logging
import socket
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.connection import Connection

from config.cache import PATIENCE, FallbackRedisCache

BACKEND = "config.cache.FallbackRedisCache"


@pytest.fixture(autouse=True)
def forgotten_failures() -> Iterator[None]:
    FallbackRedisCache.away_until = 0
    yield
    FallbackRedisCache.away_until = 0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody who takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def use(settings: Any, port: int) -> None:
    settings.CACHES = {"default": {"BACKEND": BACKEND, "LOCATION": f"redis://127.0.0.1:{port}/0"}}


@pytest.mark.redis
def test_values_really_live_in_redis(settings: Any) -> None:
    from redis import Redis

    cache.set("colour", "red", 60)

    assert settings.CACHES["default"]["BACKEND"] == BACKEND
    assert Redis.from_url(settings.REDIS_URL).exists("cache:1:colour")


@pytest.mark.redis
def test_what_is_open_to_redis_serves_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under ASGI each has a context of its own, as each thread has here."""
    connect, connected = Connection._connect, []

    def counted(self: Connection) -> Any:
        connected.append(self)
        return connect(self)

    monkeypatch.setattr(Connection, "_connect", counted)
    for _ in range(5):
        asking = Thread(target=lambda: cache.set("colour", "red"))
        asking.start()
        asking.join()

    assert len(connected) <= 1


def test_memory_serves_while_redis_is_away(settings: Any, closed_port: int) -> None:
    use(settings, closed_port)

    cache.set("colour", "red", 60)

    assert (cache.get("colour"), cache.get("size", 3), cache.add("colour", "blue")) == ("red", 3, False)
    assert cache.get_many(["colour"]) == {"colour": "red"}


def test_counting_goes_on_while_redis_is_away(settings: Any, closed_port: int) -> None:
    use(settings, closed_port)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("tries")
    cache.set("tries", 1)

    assert cache.incr("tries") == 2


def test_a_silent_redis_costs_a_moment_once(settings: Any, silent_port: int) -> None:
    use(settings, silent_port)
    began = time.monotonic()

    for _ in range(100):
        cache.get("colour")

    assert time.monotonic() - began < PATIENCE * 2


def test_a_redis_that_went_away_is_told_once(settings: Any, closed_port: int, caplog: Any) -> None:
    use(settings, closed_port)
    with caplog.at_level(logging.WARNING):
        cache.get("colour")
        cache.get("size")

    assert [record.name for record in caplog.records] == ["config.cache"]


@pytest.mark.redis
def test_counting_takes_one_trip_to_redis(monkeypatch: Any) -> None:
    cache.set("tries", 1, 60)
    send, sent = Connection.send_packed_command, []

    def counted(connection: Connection, command: Any, *args: Any, **options: Any) -> None:
        sent.append(command)
        send(connection, command, *args, **options)

    monkeypatch.setattr(Connection, "send_packed_command", counted)

    assert cache.incr("tries") == 2
    assert len(sent) == 1


@pytest.mark.redis
def test_counting_starts_nothing_by_itself() -> None:
    with pytest.raises(ValueError, match="not found"):
        cache.incr("never-set")

    assert cache.get("never-set") is None


@pytest.mark.redis
def test_redis_is_asked_again_after_a_pause() -> None:
    FallbackRedisCache.away_until = time.monotonic() + 0.2
    cache.set("colour", "in memory")
    assert cache.get("colour") == "in memory"

    time.sleep(0.2)

    assert cache.get("colour") is None


@pytest.mark.django_db
def test_no_page_is_lost_to_a_dead_redis(settings: Any, closed_port: int, client: Client) -> None:
    use(settings, closed_port)

    assert client.get("/api/v1/").status_code == 200
