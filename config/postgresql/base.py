"""Django's PostgreSQL backend, which does not wait for a server that has stopped responding.

A server that hangs, or a failover behind a proxy, does not close connections, so queries wait forever and occupy all
threads of the process. Here, a query that takes longer than a second asks the server over a new connection whether it
still runs. If it does not, or the server does not answer, the query fails. After that, queries fail at once, and one
tries again every second.

This replaces internals of psycopg: see config/versions.py.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, NoReturn
from weakref import proxy

import psycopg
from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout, _WaitTimeout
from psycopg.waiting import Ready

# Seconds without data from the server until the first check.
SLOW_AFTER = 1
# The shortest timeout that libpq allows for a connection.
CONNECT_TIMEOUT = 2
RETRY_AFTER = 1
INTERVAL = 0.1


class Unresponsive(OperationalError):
    pass


class Server:
    """Whether the server responds, for all threads of this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.is_available = True
        self.next_attempt = 0.0

    def check(self) -> None:
        """Raise an error while the server is unavailable. One attempt each second may pass."""
        if self.is_available:
            return
        with self.lock:
            if time.monotonic() < self.next_attempt:
                raise Unresponsive("The database does not respond.")
            # Until this attempt has ended.
            self.next_attempt = time.monotonic() + SLOW_AFTER + CONNECT_TIMEOUT + RETRY_AFTER

    def set_available(self, is_available: bool) -> None:
        self.next_attempt = time.monotonic() + RETRY_AFTER
        self.is_available = is_available


SERVERS: defaultdict[str, Server] = defaultdict(Server)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        server = SERVERS[self.alias]
        server.check()
        try:
            connection = super().get_new_connection(conn_params)
        except ConnectionTimeout:
            server.set_available(False)
            raise
        except OperationalError:
            # The server answered, for example that it has too many connections.
            server.set_available(True)
            raise
        server.set_available(True)
        # A pooler has process ids of its own.
        has_pid = not self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
        connection.wait = Connection(server, connection, conn_params, has_pid).wait
        return connection


class Connection:
    def __init__(self, server: Server, connection: psycopg.Connection, params: dict[str, Any], has_pid: bool) -> None:
        self.server = server
        # Without a reference cycle: psycopg frees a closed connection at once, not in a garbage collection, where an
        # exception of a signal handler would be lost.
        self.connection = proxy(connection)
        self.params = {**params, "connect_timeout": CONNECT_TIMEOUT, "autocommit": True}
        self.has_pid = has_pid

    def wait(self, results: PQGen[Any], interval: float = INTERVAL, timeout: float | None = None) -> Any:
        """psycopg calls this to wait for the server's answer."""
        # psycopg itself does not wait for longer.
        if timeout is not None:
            return psycopg.Connection.wait(self.connection, results, interval, timeout)
        self.server.check()
        try:
            found = wait(self.connection, results, self.is_running)
        except Unresponsive:
            # Without a goodbye, which would wait for the server.
            self.connection.pgconn.finish()
            raise
        if not self.server.is_available:
            self.server.set_available(True)
        return found

    def is_running(self) -> bool:
        """Whether the server runs the query of this connection. A server that does not answer is an error."""
        try:
            with psycopg.connect(**self.params) as other:
                other.wait = partial(self.wait_briefly, proxy(other))  # type: ignore[method-assign]
                if not self.has_pid:
                    return bool(other.execute("SELECT true"))
                query = "SELECT state, wait_event FROM pg_stat_activity WHERE pid = %s"
                activity = other.execute(query, [self.connection.info.backend_pid]).fetchone()
        except ConnectionTimeout:
            self.fail()
        except OperationalError:
            if not self.server.is_available:
                raise
            return True
        # Neither waiting for the next query, nor for somebody to receive the result.
        return bool(activity and not str(activity[0]).startswith("idle") and activity[1] != "ClientWrite")

    def wait_briefly(self, other: psycopg.Connection, results: PQGen[Any], *args: Any) -> Any:
        return wait(other, results, self.fail)

    def fail(self) -> NoReturn:
        self.server.set_available(False)
        raise Unresponsive("The database does not respond.")


def wait(connection: psycopg.Connection, results: PQGen[Any], is_running: Callable[[], bool]) -> Any:
    try:
        return psycopg.Connection.wait(connection, results, INTERVAL, SLOW_AFTER)
    except _WaitTimeout:
        # LISTEN waits for notifications without a query.
        if getattr(results, "__name__", "") != "notifies":
            results = while_running(results, is_running)
        return psycopg.Connection.wait(connection, results, INTERVAL)


def while_running(results: PQGen[Any], is_running: Callable[[], bool]) -> PQGen[Any]:
    """Continue to wait. psycopg resumes this every INTERVAL. Check the query after 1, 2, 4... seconds without data."""
    delay, idle_checks, next_check = SLOW_AFTER, 0, 0.0
    ready: Ready | int = Ready.NONE
    while True:
        if ready:
            idle_checks = 0
        elif time.monotonic() > next_check:
            # A query may have ended in the moment of the first check.
            idle_checks = 0 if is_running() else idle_checks + 1
            if idle_checks == 2:
                raise Unresponsive("The connection to the database is lost.")
            delay = SLOW_AFTER if idle_checks else 2 * delay
            next_check = time.monotonic() + delay
        try:
            ready = yield results.send(ready)
        except StopIteration as end:
            return end.value
