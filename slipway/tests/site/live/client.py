"""A client for tests of the server: the protocol of `websockets` on a plain socket.

So tests read single frames, and wait for a thousand sockets without a thread for each.
"""

import json
import socket
import time
from collections import deque
from contextlib import nullcontext, suppress
from typing import Any, ClassVar

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Origin
from websockets.uri import parse_uri


class Closed(ConnectionError):
    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Client:
    # Closed at the end of each test.
    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, port: int, path: str, host: str = "www.example.com", origin: str | None = None) -> None:
        self.frames: deque[Frame] = deque()
        self.protocol = ClientProtocol(parse_uri(f"ws://{host}{path}"), origin=Origin(origin) if origin else None)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.opened.append(self.socket)
        self.protocol.send_request(self.protocol.connect())
        self.flush()
        while self.protocol.state is State.CONNECTING and not self.protocol.handshake_exc:
            self.read()
        if self.protocol.handshake_exc:
            raise self.protocol.handshake_exc

    def read(self) -> None:
        data = self.socket.recv(65536)
        if data:
            self.protocol.receive_data(data)
        elif self.protocol.state is State.CONNECTING:
            # The end of an HTTP response.
            self.protocol.receive_eof()
        else:
            raise ConnectionError("The server dropped the connection without a close code.")
        self.frames += [event for event in self.protocol.events_received() if isinstance(event, Frame)]
        # Answers to pings, among others. A server that stops may not wait for the answer to its close frame.
        with suppress(ConnectionResetError, BrokenPipeError) if self.protocol.close_rcvd else nullcontext():
            self.flush()

    def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def frame(self) -> Frame:
        while not self.frames:
            self.read()
        return self.frames.popleft()

    def send(self, **message: Any) -> None:
        self.send_text(json.dumps(message))

    def send_text(self, text: str) -> None:
        self.protocol.send_text(text.encode())
        self.flush()

    def receive(self, kind: str = "") -> dict[str, Any]:
        """The next event, or the next of this type."""
        while True:
            frame = self.frame()
            if frame.opcode is Opcode.CLOSE:
                self.close()
                assert self.protocol.close_rcvd
                raise Closed(self.protocol.close_rcvd.code)
            if frame.opcode is Opcode.TEXT:
                message = json.loads(bytes(frame.data))
                if not kind or message["type"] == kind:
                    return message

    def close_code(self) -> int:
        """Ignores the events before."""
        try:
            while True:
                self.receive()
        except Closed as closed:
            return closed.code

    def opcodes_within(self, seconds: float) -> list[Opcode]:
        """The opcodes of the frames that arrive in this time."""
        opcodes = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                opcodes.append(self.frame().opcode)
            except TimeoutError:
                break
        self.socket.settimeout(15)
        return opcodes

    def close(self) -> None:
        self.socket.close()
