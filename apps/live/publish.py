"""Publish events to the WebSockets, from any process: views, tasks, commands.

The web process and the workers use plain redis-py and do not import Channels: a group of Channels is a channel of
Redis, and its messages are JSON. Without Redis, the one process that serves everything uses its channel layer.
"""

import asyncio
import json
import logging
import time
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.live.events import Event, Update

logger = logging.getLogger(__name__)

UPDATES_GROUP = "updates"
REDIS_TIMEOUT = 0.5
# After an error, nothing is published for so many seconds: requests must not wait for Redis again and again.
RETRY_AFTER = 5


class State:
    # The event loop of this process that serves WebSockets, if it does.
    event_loop: asyncio.AbstractEventLoop | None = None
    unavailable_until = 0.0


def user_group(user_id: int) -> str:
    """All WebSockets of one user."""
    return f"user.{user_id}"


def notifications_group(user_id: int) -> str:
    return f"notifications.{user_id}"


def user_updates_group(user_id: int) -> str:
    return f"updates.{user_id}"


def broadcast(topic: str, **data: Any) -> None:
    """Send an update to everybody who is signed in and connected. It is not stored."""
    publish(UPDATES_GROUP, Update(topic=topic, data=data))


def send_update(*, user_id: int, topic: str, **data: Any) -> None:
    """Send an update to one user, if connected. It is not stored."""
    publish(user_updates_group(user_id), Update(topic=topic, data=data))


def publish(group: str, event: Event) -> None:
    """Send an event to a group when the transaction commits. Clients request events that are lost with `since`."""
    send_on_commit(group, {"type": "live.event", "event": event.as_message()})


def check_access(user_id: int) -> None:
    """Close the WebSockets of a user that the user has no access to any more, when the transaction commits."""
    send_on_commit(user_group(user_id), {"type": "check.access"})


def send_on_commit(group: str, message: dict[str, Any]) -> None:
    transaction.on_commit(partial(send_to_group, group, message), robust=True)


def send_to_group(group: str, message: dict[str, Any]) -> None:
    if settings.REDIS_URL:
        send_through_redis(group, message)
    elif State.event_loop and not State.event_loop.is_closed():
        from channels.layers import channel_layers

        asyncio.run_coroutine_threadsafe(channel_layers["default"].group_send(group, message), State.event_loop)


def send_through_redis(group: str, message: dict[str, Any]) -> None:
    from redis import RedisError

    if time.monotonic() < State.unavailable_until:
        return
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    try:
        # The name that channels-redis gives a group.
        redis_client().publish(f"{prefix}__group__{group}", json.dumps(message))
    except RedisError as error:
        State.unavailable_until = time.monotonic() + RETRY_AFTER
        logger.warning(
            "Redis is unavailable (%s): no live updates are sent for %s s", type(error).__name__, RETRY_AFTER
        )


@cache
def redis_client() -> Any:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT,
        socket_connect_timeout=REDIS_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
