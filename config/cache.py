"""The cache in Redis, and what happens while Redis is away."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds that one answer may take, and that nobody asks again after a failure.
PATIENCE = 0.5
PAUSE = 5


class OneTripClient(RedisCacheClient):
    """Counting is what each request to the API does: Django asks twice for it."""

    def incr(self, key: Any, delta: int) -> int:
        with self.get_client(key, write=True).pipeline() as pipe:
            pipe.exists(key)
            pipe.incr(key, delta)
            found, value = pipe.execute()
        if not found:
            self.delete(key)
            raise ValueError(f"Key '{key}' not found.")
        return value


class FallbackRedisCache(RedisCache):
    """Redis, or this process's own memory while Redis is away: no page is lost to its cache."""

    # For all threads: each has a cache object of its own, but they share one Redis.
    away_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = OneTripClient
        self.memory = LocMemCache("while Redis is away", params)

    def ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= FallbackRedisCache.away_until:
            try:
                return getattr(super(), method)(*args, **kwargs)
            except RedisError as error:
                FallbackRedisCache.away_until = time.monotonic() + PAUSE
                logger.warning("Redis is away (%s): caching in memory for %s s", type(error).__name__, PAUSE)
        return getattr(self.memory, method)(*args, **kwargs)


def asking(method: str) -> Callable[..., Any]:
    return lambda cache, *args, **kwargs: cache.ask(method, *args, **kwargs)


for method in (
    "add",
    "get",
    "set",
    "touch",
    "delete",
    "get_many",
    "set_many",
    "delete_many",
    "has_key",
    "incr",
    "clear",
):
    setattr(FallbackRedisCache, method, asking(method))
