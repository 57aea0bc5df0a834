"""CHANNEL_LAYERS: what connects the processes that have news with the sockets of those who want it."""

from typing import Any
from urllib.parse import urlsplit


def layers(redis_url: str) -> dict[str, Any]:
    if not redis_url:
        return {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    # Redis has one space of channels for all its databases: their number must be part of the name.
    prefix = f"live{urlsplit(redis_url).path.replace('/', '.')}."
    return {
        "default": {
            "BACKEND": "apps.live.redis.Layer",
            "CONFIG": {"hosts": [host(redis_url)], "prefix": prefix, "serializer_format": "json"},
        }
    }


def host(redis_url: str) -> dict[str, Any]:
    return {
        "address": redis_url,
        # A socket on which nothing happens is what most of them are: by default, redis-py would give up after 5 s.
        "socket_timeout": None,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    }
