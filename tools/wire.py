"""A WebSocket client of the plainest kind: text, pings, and the code at the end."""

import base64
import json
import os
import socket
import struct
from collections.abc import Callable
from typing import Any, Self

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Refused(Exception):
    """The server answered with an error of HTTP."""


class Closed(ConnectionError):
    """The server closed the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Wire:
    def __init__(self, connection: socket.socket, host: str, path: str, **headers: str) -> None:
        self.socket = connection
        self.buffer = b""
        lines = {
            "Host": host,
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
            raise Refused(answer.decode(errors="replace").splitlines()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()

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
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else bytes([128 | 127]) + struct.pack(">Q", size)
        # Clients must mask, with bytes that nobody can foresee.
        mask = os.urandom(4)
        pattern = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        masked = (int.from_bytes(payload, "big") ^ pattern).to_bytes(size, "big")
        self.socket.sendall(bytes([128 | kind]) + length + mask + masked)

    def say(self, **message: Any) -> None:
        self.send(TEXT, json.dumps(message).encode())

    def hear(self, kind: str = "", where: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """The next message, or the next of this kind. Pings are answered meanwhile."""
        while True:
            opcode, payload = self.frame()
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                self.socket.close()
                raise Closed(code_of(payload))
            elif opcode == TEXT:
                message = json.loads(payload)
                if (not kind or message["type"] == kind) and where(message):
                    return message

    def code(self) -> int:
        """Why the server closes; what comes before is passed over."""
        try:
            while True:
                self.hear()
        except Closed as closed:
            return closed.code

    def close(self) -> None:
        self.socket.close()


def code_of(payload: bytes) -> int:
    # 1005 stands for none.
    return struct.unpack(">H", payload[:2])[0] if payload else 1005
