import logging
import socket
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client
from redis.connection import Connection

from config.cache import MAX_CHANGED, OUTAGES, REDIS_TIMEOUT, Outage

BACKEND = "config.cache.FallbackRedisCache"


def end_outages() -> None:
    for outage in OUTAGES.values():
        vars(outage).update(vars(Outage()))


@pytest.fixture(autouse=True)
def no_earlier_failure() -> Iterator[None]:
    end_outages()
    yield
    end_outages()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never responds."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def use_redis_at(settings: Any, port: int) -> None:
    settings.CACHES = {"default": {"BACKEND": BACKEND, "LOCATION": f"redis://127.0.0.1:{port}/0"}}


@pytest.mark.redis
def test_values_are_stored_in_redis(settings: Any) -> None:
    from redis import Redis

    cache.set("colour", "red", 60)

    assert settings.CACHES["default"]["BACKEND"] == BACKEND
    assert Redis.from_url(settings.REDIS_URL).exists("cache:1:colour")


@pytest.mark.redis
def test_threads_and_requests_share_one_connection_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under ASGI, each request has its own cache object, as each thread has here."""
    connect, connected = Connection._connect, []

    def counted(self: Connection) -> Any:
        connected.append(self)
        return connect(self)

    monkeypatch.setattr(Connection, "_connect", counted)
    for _ in range(5):
        thread = Thread(target=lambda: cache.set("colour", "red"))
        thread.start()
        thread.join()

    assert len(connected) <= 1


def test_memory_is_used_while_redis_is_unavailable(settings: Any, closed_port: int) -> None:
    use_redis_at(settings, closed_port)

    cache.set("colour", "red", 60)

    assert (cache.get("colour"), cache.get("size", 3), cache.add("colour", "blue")) == ("red", 3, False)
    assert cache.get_many(["colour"]) == {"colour": "red"}


def test_incr_works_while_redis_is_unavailable(settings: Any, closed_port: int) -> None:
    use_redis_at(settings, closed_port)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("tries")
    cache.set("tries", 1)

    assert cache.incr("tries") == 2


def test_a_redis_that_does_not_respond_costs_one_timeout(settings: Any, silent_port: int) -> None:
    use_redis_at(settings, silent_port)
    started = time.monotonic()

    for _ in range(100):
        cache.get("colour")

    assert time.monotonic() - started < REDIS_TIMEOUT * 2


def test_an_unavailable_redis_is_logged_once(settings: Any, closed_port: int, caplog: Any) -> None:
    use_redis_at(settings, closed_port)
    with caplog.at_level(logging.WARNING):
        cache.get("colour")
        cache.get("size")

    assert [record.name for record in caplog.records] == ["config.cache"]


@pytest.mark.redis
def test_incr_takes_one_round_trip(monkeypatch: Any) -> None:
    cache.set("tries", 1, 60)
    send, sent = Connection.send_packed_command, []

    def counted(connection: Connection, command: Any, *args: Any, **options: Any) -> None:
        sent.append(command)
        send(connection, command, *args, **options)

    monkeypatch.setattr(Connection, "send_packed_command", counted)

    assert cache.incr("tries") == 2
    assert len(sent) == 1


@pytest.mark.redis
def test_incr_does_not_create_a_key() -> None:
    with pytest.raises(ValueError, match="not found"):
        cache.incr("never-set")

    assert cache.get("never-set") is None


@pytest.mark.redis
def test_redis_is_tried_again_after_a_pause() -> None:
    outage(seconds=0.2)
    cache.set("colour", "in memory")
    assert cache.get("colour") == "in memory"

    time.sleep(0.2)

    assert cache.get("colour") is None


@pytest.mark.django_db
def test_a_request_succeeds_while_redis_is_unavailable(settings: Any, closed_port: int, client: Client) -> None:
    use_redis_at(settings, closed_port)

    assert client.get("/api/v1/").status_code == 200


@pytest.mark.redis
def test_memory_is_used_while_redis_is_full(settings: Any) -> None:
    from redis import Redis

    redis = Redis.from_url(settings.REDIS_URL)
    limits: Any = redis.config_get("maxmemory*")
    redis.config_set("maxmemory-policy", "noeviction")
    redis.config_set("maxmemory", "1")
    try:
        cache.set("colour", "red")
        assert cache.get("colour") == "red"
    finally:
        redis.config_set("maxmemory", limits["maxmemory"])
        redis.config_set("maxmemory-policy", limits["maxmemory-policy"])
    assert not redis.exists("cache:1:colour")


def outage(seconds: float = 60) -> None:
    own_outage().until = time.monotonic() + seconds


def own_outage(alias: str = "default") -> Outage:
    found: Any = caches[alias]
    return found.outage


@pytest.mark.redis
@pytest.mark.parametrize(
    "change",
    [
        lambda: cache.delete("colour"),
        lambda: cache.set("colour", "blue"),
        lambda: cache.set_many({"colour": "blue"}),
        lambda: cache.set_many(data={"colour": "blue"}),
        lambda: cache.delete_many(keys=["colour"]),
        lambda: cache.delete_many(["colour"]),
        lambda: cache.clear(),
        lambda: cache.set_many({f"key{number}": 1 for number in range(MAX_CHANGED + 1)}) or cache.delete("colour"),
    ],
)
def test_a_change_during_an_outage_is_not_undone_by_its_end(change: Any) -> None:
    cache.set("colour", "red")
    outage()
    change()
    outage(seconds=0)

    assert cache.get("colour") is None
    cache.set("colour", "green")
    assert cache.get("colour") == "green"


@pytest.mark.redis
def test_what_was_not_changed_during_an_outage_is_kept() -> None:
    cache.set("colour", "red")
    outage()
    cache.get("colour")
    cache.set("size", 3)
    outage(seconds=0)

    assert cache.get("colour") == "red"


def test_an_outage_of_one_server_does_not_affect_another(settings: Any, closed_port: int) -> None:
    use_redis_at(settings, closed_port)
    settings.CACHES["other"] = {"BACKEND": BACKEND, "LOCATION": "redis://127.0.0.1:1/0"}
    caches["other"].get("colour")

    assert own_outage("other").until > time.monotonic()
    assert own_outage().until == 0


@pytest.mark.redis
def test_clear_keeps_what_does_not_belong_to_the_cache(settings: Any) -> None:
    from redis import Redis

    redis = Redis.from_url(settings.REDIS_URL)
    redis.set("tasks:default", "a task")
    cache.set("colour", "red")
    cache.clear()

    assert cache.get("colour") is None
    assert redis.get("tasks:default") == b"a task"
    redis.delete("tasks:default")
