"""gunicorn's gthread worker, which slow clients and slow databases don't occupy.

A connection gets a thread when a whole request has arrived. Health checks and static files have threads of their own,
so they are answered when all other threads wait, for example for the database.

This replaces internals of gunicorn: see config/versions.py.
"""

import errno
import re
import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from operator import attrgetter
from selectors import EVENT_READ
from typing import Any

from django.conf import settings
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.processes import RESERVED_THREADS, reserved_paths

# Requests of up to this size are complete before they get a thread.
MAX_BUFFERED = 64 * 1024
# Seconds in which they must arrive.
ARRIVAL_TIMEOUT = 30
# Seconds after which a client that does not read its response is disconnected.
SEND_TIMEOUT = 60
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d{1,6})\s*\r\n", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


class Response(wsgi.Response):
    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Worker(ThreadWorker):
    def init_process(self) -> None:
        wsgi.Response = Response  # type: ignore[misc]
        self.reserved = ThreadPoolExecutor(RESERVED_THREADS)
        paths = reserved_paths(settings.STATIC_URL).pattern
        self.is_reserved = re.compile(rf"(GET|HEAD) ({paths})".encode()).match
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        try:
            connection, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        if hasattr(socket, "TCP_USER_TIMEOUT") and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_TIMEOUT * 1000)
        self.nr_conns += 1
        conn = TConn(self.cfg, connection, address, listener.getsockname())
        conn.peeked, conn.deadline = 0, None
        self.wait_for_data(conn, time.monotonic() + self.cfg.keepalive)

    def wait_for_data(self, conn: Any, deadline: float) -> None:
        conn.sock.setblocking(False)
        conn.timeout = deadline
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: Any) -> None:
        start = self.peek(conn)
        if self.can_wait(conn):
            missing = missing_bytes(start)
            # After a wait without effect, a thread waits.
            if missing and len(start) > conn.peeked:
                conn.deadline = conn.deadline or time.monotonic() + ARRIVAL_TIMEOUT
                conn.peeked = len(start)
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(start) + missing)
                self.wait_for_data(conn, conn.deadline)
                return
            if conn.peeked:
                conn.peeked, conn.deadline = 0, None
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        pool = self.reserved if self.is_reserved(start) else self.tpool
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def peek(self, conn: Any) -> bytes:
        with suppress(OSError, ValueError):
            return conn.sock.recv(MAX_BUFFERED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        return b""

    def can_wait(self, conn: Any) -> bool:
        # A Unix socket cannot wait for a number of bytes. It has a proxy in front, which buffers requests.
        if conn.sock.family == socket.AF_UNIX or self.cfg.is_ssl or conn.is_http2:
            return False
        # A part of the next request may have been read together with the last one.
        return not (conn.parser and conn.parser.unreader.buf.getvalue())

    def murder_pending(self) -> None:
        """Close connections whose time is over. gunicorn expects them in the order of their deadlines."""
        self.pending_conns: deque[Any] = deque(sorted(self.pending_conns, key=attrgetter("timeout")))
        super().murder_pending()

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker stops, connections without a request don't keep it running."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def missing_bytes(start: bytes) -> int:
    """The number of bytes to wait for until the request is complete, or as complete as MAX_BUFFERED allows."""
    headers, end, body = start.partition(b"\r\n\r\n")
    if not end:
        return 1 if 0 < len(start) < MAX_BUFFERED else 0
    length = CONTENT_LENGTH.search(headers + b"\r\n")
    # A client that expects "100 Continue" sends its body after it.
    if not length or EXPECT.search(headers):
        return 0
    return max(0, min(int(length[1]) - len(body), MAX_BUFFERED - len(start)))
