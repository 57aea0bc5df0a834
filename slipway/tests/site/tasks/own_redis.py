"""A Redis that no other test minds losing. It keeps its data, as a queue's must."""

import signal
from urllib.parse import urlsplit

from redis import Redis as Client

from apps.tasks import queue
from tools.servers import Redis


class OwnRedis(Redis):
    url = ""

    def come_back(self) -> None:
        self.start(urlsplit(self.url).port or 0)

    def freeze(self) -> None:
        """It takes connections, and says nothing."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def left(self) -> tuple[int, int, int]:
        """Tasks that wait, tasks that somebody took, and when each of them was taken."""
        with Client.from_url(self.url) as client:
            return client.llen(queue.QUEUE), client.hlen("tasks:unacked"), client.zcard("tasks:unacked_index")
