"""Runs daphne 4.2: `python -m config.daphne --port $PORT`, with daphne's own arguments.

With `--websockets-only`, it answers WebSockets and health checks, and nothing else of the site.

Three of its classes are replaced: see config/versions.py.
Its access log is off: it would show tickets and tokens. config/client_ip.py finds the client behind proxies.
"""

import asyncio
import logging
import os
import sys
import time
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
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
# Seconds without a request until a process that stops closes open connections.
LINGER = 1
# Bytes that wait for one slow client, besides the buffers of twisted (64 kB) and the kernel.
MAX_BUFFERED = 512 * 1024


class BoundedRequest(WebRequest):
    """Does not store a body that is too large. Django answers 413, which it would do only after reading the body."""

    received = 0
    server: "GracefulServer"

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.received <= settings.MAX_BODY_SIZE:
            super().handleContentChunk(data)

    def process(self) -> Any:
        if self.received > settings.MAX_BODY_SIZE:
            # Clients need not send the length.
            self.requestHeaders.setRawHeaders(b"content-length", [b"%d" % self.received])
        return super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and self.server.is_stopping and self.channel:
            self.channel.persistent = False
            self.setHeader(b"connection", b"close")
        super().handle_reply(message)


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
        super().__init__(*args, ready_callable=self.replace_protocols, **kwargs)
        self.ports: list[Any] = []
        self.is_stopping = False

    def replace_protocols(self) -> None:
        self.ws_factory.protocol = BoundedProtocol
        self.http_factory.buildProtocol = self.build_http_protocol

    def build_http_protocol(self, address: Any) -> Any:
        protocol = HTTPFactory.buildProtocol(self.http_factory, address)
        protocol.requestFactory = BoundedRequest
        return protocol

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports.append(port)

    def kill_all_applications(self) -> Any:
        self.is_stopping = True
        for port in self.ports:
            port.stopListening()
        for protocol, task in self.running_tasks().items():
            if isinstance(protocol, WebSocketProtocol):
                task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self.finish()))

    async def finish(self) -> None:
        """Also answers requests that arrive meanwhile on open connections, and closes these."""
        now = time.monotonic()
        deadline, quiet_at = now + SHUTDOWN_TIMEOUT, now + LINGER
        while time.monotonic() < deadline:
            if tasks := self.running_tasks().values():
                await asyncio.wait(tasks, timeout=deadline - time.monotonic())
                quiet_at = time.monotonic() + LINGER
            elif time.monotonic() > quiet_at:
                return
            else:
                await asyncio.sleep(0.1)

    def running_tasks(self) -> dict[Any, asyncio.Future[None]]:
        """Connections without a running request have no task."""
        tasks = {protocol: details.get("application_instance") for protocol, details in self.connections.items()}
        return {protocol: task for protocol, task in tasks.items() if task and not task.done()}


class CommandLine(CommandLineInterface):
    server_class = GracefulServer


def main(arguments: list[str]) -> None:
    application = "application"
    if "--websockets-only" in arguments:
        application = "websockets"
        arguments.remove("--websockets-only")
    command = CommandLine()
    command.run([*OPTIONS, *arguments, f"config.asgi:{application}"])
    if command.server.running_tasks():
        # Python would wait for the threads of these requests.
        logging.shutdown()
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
