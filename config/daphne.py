"""Runs daphne 4.2: `python -m config.daphne --port $PORT`, with daphne's own arguments.

Two of its classes are replaced: see config/versions.py.
Its access log is off: it would show tickets and tokens. config/client_ip.py finds the client behind proxies.
"""

import asyncio
import sys
import time
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred

from config.processes import STOP_DELAY

OPTIONS = [
    # No access log: it shows tickets and tokens. config/asgi.py writes one.
    "--verbosity=0",
    # No `Server` header.
    "--no-server-name",
    # Proxies close connections that are idle for a minute.
    "--ping-interval=30",
    # A connection with a longer message is dropped before it fills the memory.
    "--websocket-max-message-size=65536",
    "--websocket-max-frame-size=65536",
]
# Seconds for running requests at shutdown: less than the platform waits.
SHUTDOWN_TIMEOUT = STOP_DELAY - 8
# Bytes that wait for one slow client, besides the buffers of twisted (64 kB) and the kernel.
MAX_BUFFERED = 512 * 1024


class BoundedProtocol(WebSocketProtocol):
    """Drops clients that do not read, instead of buffering without a limit. They reconnect and catch up."""

    # None while the connection accepts data.
    buffered: int | None = None
    maxMessagePayloadSize: int

    def onOpen(self) -> None:
        super().onOpen()
        # The HTTP protocol is registered as the producer before.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)

    def pauseProducing(self) -> None:
        # Called for each message that has to wait.
        self.buffered = self.buffered or 0

    def resumeProducing(self) -> None:
        self.buffered = None

    def stopProducing(self) -> None:
        self.buffered = None

    def serverSend(self, content: Any, binary: bool = False) -> None:
        if self.buffered is not None:
            self.buffered += len(content)
            if self.buffered > MAX_BUFFERED:
                self.transport.abortConnection()
                return
        # The limit is for messages of clients, but autobahn applies it to the server's too.
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().serverSend(content, binary)
        finally:
            self.maxMessagePayloadSize = limit


class GracefulServer(Server):
    """At shutdown: accepts no connection, finishes running requests, and closes WebSockets with `RECONNECT`.

    daphne 4.2 cancels the requests. Their threads then block, and the process never ends.
    """

    connections: dict[Any, dict[str, Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, ready_callable=self.replace_protocol, **kwargs)
        self.ports: list[Any] = []

    def replace_protocol(self) -> None:
        self.ws_factory.protocol = BoundedProtocol

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports.append(port)

    def kill_all_applications(self) -> Any:
        for port in self.ports:
            port.stopListening()
        for protocol, task in self.running_tasks().items():
            if isinstance(protocol, WebSocketProtocol):
                task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self.finish()))

    async def finish(self) -> None:
        """Also answers requests that arrive meanwhile on open connections."""
        deadline = time.monotonic() + SHUTDOWN_TIMEOUT
        while (tasks := self.running_tasks().values()) and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait(tasks, timeout=left)
        # Until the last responses are sent.
        await asyncio.sleep(0.2)

    def running_tasks(self) -> dict[Any, asyncio.Future[None]]:
        """Connections without a running request have no task."""
        tasks = {protocol: details.get("application_instance") for protocol, details in self.connections.items()}
        return {protocol: task for protocol, task in tasks.items() if task and not task.done()}


class CommandLine(CommandLineInterface):
    server_class = GracefulServer


if __name__ == "__main__":
    CommandLine().run([*OPTIONS, *sys.argv[1:], "config.asgi:application"])
