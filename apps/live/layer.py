"""How messages get from any process to the sockets: through Redis, or within the one process where there is none.

Whoever sends need not import Channels: a group is a channel of Redis, and a message is JSON in it.
"""

import asyncio
import json
import logging
import time
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)

# Seconds that Redis may take, and that nobody asks again after a failure.
PATIENCE = 0.5
PAUSE = 5


class Here:
    """The loop that serves sockets in this process, if any."""

    loop: asyncio.AbstractEventLoop | None = None
    away_until = 0.0


def tell(group: str, **message: Any) -> None:
    """Send to a group, from anywhere. What cannot be sent is lost here: clients ask for what they missed."""
    if settings.REDIS_URL:
        publish(group, message)
    elif Here.loop and not Here.loop.is_closed():
        from channels.layers import get_channel_layer

        layer = get_channel_layer()
        if layer is None:
            raise ImproperlyConfigured("CHANNEL_LAYERS names no layer.")
        asyncio.run_coroutine_threadsafe(layer.group_send(group, message), Here.loop)


def publish(group: str, message: dict[str, Any]) -> None:
    from redis import RedisError

    if time.monotonic() < Here.away_until:
        return
    layer = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    try:
        client().publish(f"{layer['prefix']}__group__{group}", json.dumps(message))
    except RedisError as error:
        Here.away_until = time.monotonic() + PAUSE
        logger.warning("Redis is away (%s): nobody is told at once for %s s", type(error).__name__, PAUSE)


@cache
def client() -> Any:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
