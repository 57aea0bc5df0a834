"""The cache in Redis, with a fallback to memory while Redis is unavailable."""

import logging
import time
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
# Django's cache API. Locks and other commands of Redis raise its errors.
METHODS = ["add", "get", "set", "touch", "delete", "clear", "has_key"]
METHODS += ["get_many", "set_many", "delete_many", "incr", "decr", "incr_version"]


class FallbackRedisCache(RedisCache):
    """django-redis, or the memory of this process for a few seconds after an error of Redis."""

    # Shared by all instances: Django creates one for each thread.
    unavailable_until = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "SOCKET_TIMEOUT": REDIS_TIMEOUT,
            "SOCKET_CONNECT_TIMEOUT": REDIS_TIMEOUT,
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self.memory = LocMemCache("redis-fallback", {**params, "OPTIONS": {"MAX_ENTRIES": 10_000}})


def with_fallback(name: str) -> Callable[..., Any]:
    redis_method = getattr(RedisCache, name)

    def method(cache: FallbackRedisCache, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= FallbackRedisCache.unavailable_until:
            try:
                return redis_method(cache, *args, **kwargs)
            except RedisError as error:
                FallbackRedisCache.unavailable_until = time.monotonic() + RETRY_AFTER
                logger.warning("Redis is unavailable (%s): caching in memory for %s s", error, RETRY_AFTER)
        return getattr(cache.memory, name)(*args, **kwargs)

    return method


for name in METHODS:
    setattr(FallbackRedisCache, name, with_fallback(name))
