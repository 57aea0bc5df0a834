"""WebSockets to a server on this machine, which the end of a test closes."""

import socket
import time
from typing import ClassVar

from tools import wire
from tools.wire import PING, PONG


class Wire(wire.Wire):
    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, port: int, path: str, **headers: str) -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.opened.append(connection)
        super().__init__(connection, headers.pop("Host", "www.example.com"), path, **headers)

    def listen_for(self, seconds: float) -> list[int]:
        """The kinds of frames that come in this time."""
        kinds = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                kind, payload = self.frame()
            except TimeoutError:
                break
            kinds.append(kind)
            if kind == PING:
                self.send(PONG, payload)
        self.socket.settimeout(15)
        return kinds
