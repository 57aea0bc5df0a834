"""CHANNEL_LAYERS: connects the processes that publish events with the process that serves the WebSockets."""

from typing import Any
from urllib.parse import urlsplit


def layers(redis_url: str) -> dict[str, Any]:
    if not redis_url:
        return {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    # All databases of one Redis share the Pub/Sub channels, so the prefix has the number of the database.
    prefix = f"live{urlsplit(redis_url).path.replace('/', '.')}."
    host = {
        "address": redis_url,
        # redis-py closes idle connections after 5 s by default.
        "socket_timeout": None,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    }
    config = {"hosts": [host], "prefix": prefix, "serializer_format": "json"}
    return {"default": {"BACKEND": "apps.live.redis_layer.RedisLayer", "CONFIG": config}}
