"""The cache in Redis, and what happens while Redis is away."""

import logging
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds that one answer may take, and that nobody asks again after a failure.
PATIENCE = 0.5
PAUSE = 5


class QuickClient(RedisCacheClient):
    """Django makes a client anew for each question, and asks twice to count, as each request to the API does."""

    COUNT = "if redis.call('exists', KEYS[1]) == 1 then return redis.call('incrby', KEYS[1], ARGV[1]) end"

    def incr(self, key: Any, delta: int) -> int:
        value = self.get_client(key, write=True).eval(self.COUNT, 1, key, delta)
        if value is None:
            raise ValueError(f"Key '{key}' not found.")
        return value

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return self.client

    @cached_property
    def client(self) -> Any:
        return super().get_client(write=True)


class FallbackRedisCache(RedisCache):
    """Redis, or this process's own memory while Redis is away: no page is lost to its cache."""

    # For all: each thread, and under ASGI each request, has a cache object of its own, but they share one Redis, and
    # what is open to it.
    away_until = 0.0
    clients: ClassVar[dict[tuple[str, str], RedisCacheClient]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self._class = QuickClient
        self.place = server, repr(params.get("OPTIONS"))
        self.memory = LocMemCache("while Redis is away", params)

    @property
    def _cache(self) -> RedisCacheClient:
        if self.place not in self.clients:
            self.clients[self.place] = super()._cache
        return self.clients[self.place]

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
