"""gunicorn's gthread worker, with threads of their own for health checks and static files.

When all other threads wait, for example for the database, these requests are still answered. A connection gets a thread
when its first bytes arrive.

This replaces internals of gunicorn: see config/versions.py.
"""

import errno
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from django.conf import settings
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

RESERVED_THREADS = 2


class Response(wsgi.Response):
    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Worker(ThreadWorker):
    def init_process(self) -> None:
        wsgi.Response = Response  # type: ignore[misc]
        self.reserved = ThreadPoolExecutor(RESERVED_THREADS)
        paths = rf"/(api/)?health\b|{re.escape(settings.STATIC_URL)}"
        self.is_reserved = re.compile(rf"(GET|HEAD) ({paths})".encode()).match
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        try:
            connection, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        self.nr_conns += 1
        conn = TConn(self.cfg, connection, address, listener.getsockname())
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(connection, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: Any) -> None:
        try:
            start = conn.sock.recv(256, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except (OSError, ValueError):
            start = b""
        pool = self.reserved if self.is_reserved(start) else self.tpool
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker stops, connections without a request don't keep it running."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)
