"""kombu's Redis transport, changed so that no message is lost when a worker is killed.

kombu removes a message from the queue with one command and records it as unacknowledged with another. If the worker is
killed in between, or the connection breaks, the message is lost. Here the worker waits for a message without removing
it, and a Lua script removes and records it atomically.

This replaces internals of kombu: see config/versions.py.
"""

import logging
import time
from queue import Empty
from typing import Any

from django.dispatch import Signal
from kombu.transport import redis, virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads
from redis import Redis, ResponseError
from redis.exceptions import ReadOnlyError

logger = logging.getLogger(__name__)

# Takes a message, and records what kombu records: the message, its exchange and its routing key. Moves messages without
# this information to the list of unreadable ones, with a third value in the result.
TAKE = """
for i = 4, #KEYS do
    local message = redis.call('RPOP', KEYS[i])
    if message then
        local decoded, sent = pcall(cjson.decode, message)
        local properties = decoded and type(sent) == 'table' and sent.properties
        local route = type(properties) == 'table' and properties.delivery_info
        if type(route) ~= 'table' or type(properties.delivery_tag) ~= 'string' then
            redis.call('LPUSH', KEYS[3], message)
            redis.call('LTRIM', KEYS[3], 0, 999)
            return {i - 4, message, 1}
        end
        route = cjson.encode(route.exchange) .. ',' .. cjson.encode(route.routing_key)
        redis.call('ZADD', KEYS[1], ARGV[1], properties.delivery_tag)
        redis.call('HSET', KEYS[2], properties.delivery_tag, '[' .. message .. ',' .. route .. ']')
        return {i - 4, message}
    end
end
"""
UNREADABLE = "unreadable"
# Sent with `error`.
unreadable_message = Signal()
# Raised while kombu and Celery decode a message.
UNREADABLE_ERRORS = (TypeError, ValueError, LookupError, AttributeError)


class QoS(redis.QoS):
    def append(self, message: Any, delivery_tag: str) -> None:
        """The script has already recorded the message as unacknowledged."""
        virtual.QoS.append(self, message, delivery_tag)

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().restore_visible(*args, **kwargs)
        except ResponseError as error:
            logger.warning("Unacknowledged tasks stay with Redis for now: %s", error)


class Channel(redis.Channel):
    QoS = QoS

    # When Redis last answered a waiting worker of this process (monotonic time).
    answered_at = 0.0
    # Whether Redis refused the last command, because its memory is full or it is a replica, for example.
    refused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.take = Redis(connection_pool=self.pool).register_script(TAKE)

    def _queue_bind(self, *args: Any) -> None:
        """A worker can start without the binding, because each sender of tasks binds the queue, too."""
        try:
            super()._queue_bind(*args)
        except ResponseError as error:
            logger.warning("Redis refuses to bind the queue: %s", error)

    def _brpop_start(self, timeout: float | None = None) -> None:
        self.waited_for = self._queue_cycle.consume(len(self.active_queues))
        if not self.waited_for:
            return
        # BLMOVE waits for one queue only: with several, the others are checked every second.
        wait = timeout or (self.brpop_timeout if len(self.waited_for) == 1 else 1)
        key = self.global_keyprefix + self.waited_for[0]
        self._in_poll: Any = self.client.connection
        self._brpop_sent_at = time.monotonic()  # type: ignore[assignment]
        if self.refused:
            # Redis accepts reading commands in any state. Nothing writes to this stream, so this waits one second.
            self.client.connection.send_command("XREAD", "BLOCK", 1000, "STREAMS", f"{key}.none", "$")
        else:
            # From the end to the end: the message stays in place.
            self.client.connection.send_command("BLMOVE", key, key, "RIGHT", "RIGHT", wait)

    def _brpop_read(self, **options: Any) -> bool:
        try:
            taken = self.wait_and_take(**options)
            if not taken:
                raise Empty
            number, message, *is_unreadable = taken
            queue = self.waited_for[number]
            self._queue_cycle.rotate(queue)
            if is_unreadable:
                unreadable_message.send(Channel, error="It has no delivery information.")
            else:
                self.deliver(loads(bytes_to_str(message)), queue)
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def deliver(self, message: dict[str, Any], queue: str) -> None:
        """Deliver a message. One that Celery cannot read is moved to the list of unreadable ones."""
        try:
            self.connection._deliver(message, queue)
        except UNREADABLE_ERRORS as error:
            with self.conn_or_acquire() as client:
                client.lpush(UNREADABLE, dumps(message))
                client.ltrim(UNREADABLE, 0, 999)
            self.qos.ack(message["properties"]["delivery_tag"])
            unreadable_message.send(Channel, error=f"{type(error).__name__}: {error}")

    def wait_and_take(self, **options: Any) -> Any:
        """Read the answer of the waiting command and take a message, also if Redis refuses to wait."""
        keys = [self.unacked_index_key, self.unacked_key, UNREADABLE, *self.waited_for]
        error: ResponseError | None = None
        try:
            try:
                self.client.parse_response(self.client.connection, "BLMOVE", **options)
            except ResponseError as refusal:
                # A full Redis refuses BLMOVE, but not the script, which needs no memory.
                error = refusal
            taken = self.take([self.global_keyprefix + key for key in keys], [time.time()])
            self.refused = bool(error) and not taken
        except ResponseError as refusal:
            error, taken, self.refused = refusal, None, True
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        Channel.answered_at = time.monotonic()
        if error:
            logger.warning("Redis refuses commands of the worker: %s", error)
        if isinstance(error, ReadOnlyError):
            # After a failover, the address may lead to another server.
            self.client.connection.disconnect()
            self.pool.disconnect(inuse_connections=False)
        return taken

    def close(self) -> None:
        """Don't wait for the answer: no message was removed yet."""
        if self._in_poll:
            self._in_poll.disconnect()
        super().close()


class Transport(redis.Transport):
    Channel = Channel
    # Seconds that BLMOVE waits. Some providers charge for each command.
    brpop_timeout = 10
