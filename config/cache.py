"""The cache in Redis, with a fallback to memory while Redis is unavailable."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds to wait for Redis, and to use memory after an error before trying Redis again.
REDIS_TIMEOUT = 0.5
RETRY_AFTER = 5
# Keys that a process remembers during an outage. With more, the whole cache is cleared after it.
MAX_CHANGED = 10_000
# Django's cache API. Locks and other commands of Redis raise its errors.
READS = ["get", "has_key", "get_many"]
WRITES = ["add", "set", "touch", "delete", "clear", "set_many", "delete_many", "incr", "decr", "incr_version"]


class Outage:
    """The last outage of a server, for all threads of this process."""

    def __init__(self) -> None:
        self.until = 0.0
        # Keys whose values in Redis are old, and whether all are.
        self.changed: set[str] = set()
        self.cleared = False


OUTAGES: defaultdict[str, Outage] = defaultdict(Outage)


class FallbackRedisCache(RedisCache):
    """django-redis, or the memory of this process for a few seconds after an error of Redis."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "SOCKET_TIMEOUT": REDIS_TIMEOUT,
            "SOCKET_CONNECT_TIMEOUT": REDIS_TIMEOUT,
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self.memory = LocMemCache("redis-fallback", {**params, "OPTIONS": {"MAX_ENTRIES": MAX_CHANGED}})
        self.outage = OUTAGES[server]

    def clear(self) -> None:
        """Delete the keys of this cache. django-redis deletes the whole database, with what others store there."""
        redis = self.client.get_client(write=True)
        for key in redis.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            redis.unlink(key)

    def remember(self, name: str, given: Any, version: int | None) -> None:
        """Note the keys that a write changes during an outage."""
        outage = self.outage
        if name == "clear" or len(outage.changed) >= MAX_CHANGED:
            outage.cleared = True
        if not outage.cleared:
            keys = given if name in ("set_many", "delete_many") else [given]
            outage.changed |= {str(self.client.make_key(key, version=version)) for key in keys}

    def delete_changed(self) -> None:
        """Before Redis is used again, delete the values that changed during the outage."""
        outage = self.outage
        changed, cleared = outage.changed, outage.cleared
        if cleared:
            clear(self)
        elif changed:
            self.client.get_client(write=True).unlink(*changed)
        # After an error, the next attempt deletes them.
        outage.changed = outage.changed - changed
        outage.cleared = False


clear = FallbackRedisCache.clear


def with_fallback(name: str) -> Callable[..., Any]:
    redis_method = getattr(FallbackRedisCache, name)

    def method(cache: FallbackRedisCache, *args: Any, **kwargs: Any) -> Any:
        outage = cache.outage
        if time.monotonic() >= outage.until:
            try:
                if outage.changed or outage.cleared:
                    cache.delete_changed()
                return redis_method(cache, *args, **kwargs)
            except RedisError as error:
                outage.until = time.monotonic() + RETRY_AFTER
                logger.warning("Redis is unavailable (%s): caching in memory for %s s", error, RETRY_AFTER)
        if name in WRITES:
            given = next((kwargs[argument] for argument in ("key", "keys", "data") if argument in kwargs), None)
            cache.remember(name, args[0] if args else given, kwargs.get("version"))
        return getattr(cache.memory, name)(*args, **kwargs)

    return method


for name in READS + WRITES:
    setattr(FallbackRedisCache, name, with_fallback(name))
