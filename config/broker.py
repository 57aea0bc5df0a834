"""The queue in Redis, without the moment in which a message could be lost.

kombu takes a message out of the queue with one command, and notes with another that it is being worked on. A worker
that is killed in between, or whose answer is lost on the way, takes the message with it. Here a worker waits until
there is a message without taking it, and a script takes it and makes the note in one step.
"""

import time
from queue import Empty
from typing import Any

from kombu.transport import redis, virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads
from redis import Redis

# The note is what kombu would write: the message, its exchange and its routing key.
TAKE = """
for i = 3, #KEYS do
    local message = redis.call('RPOP', KEYS[i])
    if message then
        local sent = cjson.decode(message).properties
        local route = cjson.encode(sent.delivery_info.exchange) .. ',' .. cjson.encode(sent.delivery_info.routing_key)
        redis.call('ZADD', KEYS[1], ARGV[1], sent.delivery_tag)
        redis.call('HSET', KEYS[2], sent.delivery_tag, '[' .. message .. ',' .. route .. ']')
        return {i - 3, message}
    end
end
"""


class QoS(redis.QoS):
    def append(self, message: Any, delivery_tag: str) -> None:
        """The note was made when the message was taken."""
        virtual.QoS.append(self, message, delivery_tag)


class Channel(redis.Channel):
    QoS = QoS

    # When the queue last answered a worker of this process that waits for messages.
    answered_at = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.take = Redis(connection_pool=self.pool).register_script(TAKE)

    def _brpop_start(self, timeout: float | None = None) -> None:
        self.waited_for = self._queue_cycle.consume(len(self.active_queues))
        if not self.waited_for:
            return
        # One can wait for one queue only: where there are more, the others are looked at each second.
        patience = timeout or (self.brpop_timeout if len(self.waited_for) == 1 else 1)
        key = self.global_keyprefix + self.waited_for[0]
        self._in_poll: Any = self.client.connection
        self._brpop_sent_at = time.monotonic()  # type: ignore[assignment]
        # From its end to its end: the message stays where it is.
        self.client.connection.send_command("BLMOVE", key, key, "RIGHT", "RIGHT", patience)

    def _brpop_read(self, **options: Any) -> bool:
        try:
            try:
                self.client.parse_response(self.client.connection, "BLMOVE", **options)
            except self.connection_errors:
                self.client.connection.disconnect()
                raise
            Channel.answered_at = time.monotonic()
            keys = [self.unacked_index_key, self.unacked_key, *self.waited_for]
            taken = self.take([self.global_keyprefix + key for key in keys], [time.time()])
            if not taken:
                raise Empty
            queue = self.waited_for[taken[0]]
            self._queue_cycle.rotate(queue)
            self.connection._deliver(loads(bytes_to_str(taken[1])), queue)
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def close(self) -> None:
        """Nothing was taken yet, so there is no answer to wait for."""
        if self._in_poll:
            self._in_poll.disconnect()
        super().close()


class Transport(redis.Transport):
    Channel = Channel
    # Seconds to wait for a message before asking anew: each question may cost money.
    brpop_timeout = 10
