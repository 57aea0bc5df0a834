"""channels-redis, made to end sockets that may have missed something.

Its other layer keeps the members of groups in Redis: when Redis comes back without its data, sockets are deaf for ever.
It also asks Redis something every five seconds, which costs money where commands are counted.
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


class Layer(RedisPubSubChannelLayer):
    def _get_layer(self) -> Any:
        is_new = asyncio.get_running_loop() not in self._layers
        layer: RedisPubSubLoopLayer = super()._get_layer()
        if is_new:
            layer._shards = [Shard(shard.host, layer) for shard in layer._shards]
        return layer


class Shard(RedisSingleShardConnection):
    def _ensure_redis(self) -> None:
        if self._redis is None:
            # Trying again without a word would hide that something may have been missed.
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
            # Redis has forgotten it already; when it comes back, nobody must ask for it again.
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
                logger.warning("Redis is away (%s): all sockets are asked to come back", type(error).__name__)
                self.tell_all({"type": "come.back"})
                await asyncio.sleep(1)

    def tell_all(self, message: dict[str, Any]) -> None:
        for queue in self.channel_layer.channels.values():
            queue.put_nowait(self.channel_layer.channel_layer.serialize(message))
