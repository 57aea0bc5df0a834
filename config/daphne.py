"""How daphne serves the sockets: `python -m config.daphne --port $PORT`, with daphne's own arguments.

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

ARGUMENTS = [
    "--verbosity=0",
    # Proxies give up on a connection on which nothing happens for a minute.
    "--ping-interval=30",
    # Longer messages are cut off before they fill the memory; those who send them hear nothing more.
    "--websocket-max-message-size=65536",
    "--websocket-max-frame-size=65536",
    "config.asgi:application",
]
# Seconds that requests may take when the process ends: less than platforms wait.
PATIENCE = STOP_DELAY - 8
# Bytes that wait for one slow reader, besides the 64 kB that twisted and some that the kernel holds.
MOST_WAITING = 512 * 1024


class Protocol(WebSocketProtocol):
    """Hangs up on who does not read, instead of keeping everything for them: they come back, and ask."""

    # Counted from the moment when the connection takes no more.
    waiting: int | None = None
    maxMessagePayloadSize: int

    def onOpen(self) -> None:
        super().onOpen()
        # Until here, the reader of HTTP wanted to know how the connection keeps up.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)

    def pauseProducing(self) -> None:
        # Said again for each message that has to wait.
        self.waiting = self.waiting or 0

    def resumeProducing(self) -> None:
        self.waiting = None

    def stopProducing(self) -> None:
        self.waiting = None

    def serverSend(self, content: Any, binary: bool = False) -> None:
        if self.waiting is not None:
            self.waiting += len(content)
            if self.waiting > MOST_WAITING:
                self.transport.abortConnection()
                return
        # The limit is for what clients send; autobahn would hold us to it as well.
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().serverSend(content, binary)
        finally:
            self.maxMessagePayloadSize = limit


class GentleServer(Server):
    """Ends as a platform wants it: nobody new comes in, requests have their answer, and sockets are told to come back.

    daphne 4.2 cuts requests off, whose threads then wait for ever for a loop that is gone, and the process with them.
    """

    connections: dict[Any, dict[str, Any]]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, ready_callable=self.use_own_protocol, **options)
        self.ports: list[Any] = []

    def use_own_protocol(self) -> None:
        self.ws_factory.protocol = Protocol

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports.append(port)

    def kill_all_applications(self) -> Any:
        for port in self.ports:
            port.stopListening()
        for protocol, task in self.unfinished().items():
            if isinstance(protocol, WebSocketProtocol):
                task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self.farewell()))

    async def farewell(self) -> None:
        """Whoever asks once more meanwhile, on a connection that is kept, has an answer too."""
        deadline = time.monotonic() + PATIENCE
        while (tasks := self.unfinished().values()) and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait(tasks, timeout=left)
        # What was said last is on its way.
        await asyncio.sleep(0.2)

    def unfinished(self) -> dict[Any, asyncio.Future[None]]:
        """Connections that wait for their next request have no task."""
        tasks = {protocol: details.get("application_instance") for protocol, details in self.connections.items()}
        return {protocol: task for protocol, task in tasks.items() if task and not task.done()}


class CommandLine(CommandLineInterface):
    server_class = GentleServer


if __name__ == "__main__":
    CommandLine().run([*ARGUMENTS[:-1], *sys.argv[1:], ARGUMENTS[-1]])
