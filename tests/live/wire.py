"""A WebSocket client of the plainest kind, which can also misbehave."""

import base64
import json
import os
import socket
import struct
import time
from typing import Any, ClassVar

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Refused(Exception):
    """The server answered with an error of HTTP."""


class Wire:
    # Those that were opened, for the end of the test.
    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.opened.append(self.socket)
        self.buffer = b""
        lines = {
            "Host": "www.example.com",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        answer, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if b" 101 " not in answer.splitlines()[0]:
            self.socket.close()
            raise Refused(answer.decode())

    def more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("The server hung up without a word.")
        self.buffer += data

    def read(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def frame(self) -> tuple[int, bytes]:
        first, length = self.read(2)
        if length == 126:
            (length,) = struct.unpack(">H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.read(8))
        return first & 15, self.read(length)

    def send(self, kind: int, payload: bytes) -> None:
        """Clients must mask; a mask of zeros changes nothing."""
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else bytes([128 | 127]) + struct.pack(">Q", size)
        self.socket.sendall(bytes([128 | kind]) + length + bytes(4) + payload)

    def say(self, **message: Any) -> None:
        self.send(TEXT, json.dumps(message).encode())

    def hear(self, kind: str = "") -> dict[str, Any]:
        """The next message, or the next of this kind. Pings are answered meanwhile."""
        while True:
            opcode, payload = self.frame()
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                raise ConnectionError(f"closed with {struct.unpack('>H', payload[:2])[0]}")
            elif opcode == TEXT:
                message = json.loads(payload)
                if not kind or message["type"] == kind:
                    return message

    def code(self) -> int:
        """Why the server closes; what comes before is passed over."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                self.socket.close()
                return struct.unpack(">H", payload[:2])[0]

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

    def close(self) -> None:
        self.socket.close()
