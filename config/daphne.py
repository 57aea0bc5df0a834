"""How daphne serves the sockets: `python -m config.daphne --port $PORT`, with daphne's own arguments.

Its access log is off: it would show tickets and tokens. Whom proxies speak for, config/client.py knows better.
"""

import sys
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol

ARGUMENTS = [
    "--verbosity=0",
    # Proxies give up on a connection on which nothing happens for a minute.
    "--ping-interval=30",
    # Longer messages are cut off before they fill the memory; those who send them hear nothing more.
    "--websocket-max-message-size=65536",
    "--websocket-max-frame-size=65536",
    "config.asgi:application",
]
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
    connections: dict[Any, dict[str, Any]]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, ready_callable=self.use_own_protocol, **options)

    def use_own_protocol(self) -> None:
        self.ws_factory.protocol = Protocol

    def kill_all_applications(self) -> Any:
        """daphne 4.2 stumbles over a connection that waits for its next request, and says goodbye to nobody."""
        self.connections = {
            protocol: details for protocol, details in self.connections.items() if "application_instance" in details
        }
        return super().kill_all_applications()


class CommandLine(CommandLineInterface):
    server_class = GentleServer


if __name__ == "__main__":
    CommandLine().run([*ARGUMENTS[:-1], *sys.argv[1:], ARGUMENTS[-1]])
