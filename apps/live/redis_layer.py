"""The channel layer of channels-redis 4.3 (Pub/Sub), changed so that WebSockets are closed when they may miss events.

Its other layer stores the members of groups in Redis: they are lost when Redis restarts without its data, and it sends
Redis a command every five seconds, which costs money on some plans.
This file replaces internals of channels-redis: see config/versions.py.
"""

import asyncio
import logging
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, RedisSingleShardConnection
from channels_redis.utils import create_pool
from redis import asyncio as aioredis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)


class RedisLayer(RedisPubSubChannelLayer):
    def _get_layer(self) -> Any:
        is_new = asyncio.get_running_loop() not in self._layers
        layer: RedisPubSubLoopLayer = super()._get_layer()
        if is_new:
            layer._shards = [RedisConnection(shard.host, layer) for shard in layer._shards]
        return layer


class RedisConnection(RedisSingleShardConnection):
    def _ensure_redis(self) -> None:
        if self._redis is None:
            # A silent retry would hide that events were lost.
            pool = create_pool({**self.host, "retry": Retry(NoBackoff(), 0)})
            self._redis: aioredis.Redis | None = aioredis.Redis(connection_pool=pool)
            self._pubsub = self._redis.pubsub()

    async def subscribe(self, channel: str) -> None:
        try:
            await super().subscribe(channel)
        except (RedisError, OSError):
            self.channel_layer.channels.pop(channel, None)
            raise

    async def unsubscribe(self, channel: str) -> None:
        try:
            await super().unsubscribe(channel)
        except (RedisError, OSError):
            # Redis has lost the subscription, and must not get it again after a reconnect.
            self._subscribed_to.discard(channel)
            self._pubsub.channels.pop(channel.encode(), None)

    async def _do_receiving(self) -> None:
        while True:
            if not self._pubsub.subscribed:
                await asyncio.sleep(0.05)
                continue
            try:
                self._receive_message(await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=None))
            except (RedisError, OSError) as error:
                logger.warning("Redis is unavailable (%s): all clients have to reconnect", type(error).__name__)
                self.send_to_all({"type": "reconnect"})
                await asyncio.sleep(1)

    def send_to_all(self, message: dict[str, Any]) -> None:
        for queue in self.channel_layer.channels.values():
            queue.put_nowait(self.channel_layer.channel_layer.serialize(message))
