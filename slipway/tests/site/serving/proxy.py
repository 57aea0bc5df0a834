"""A TCP proxy whose connections can be cut or made silent."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


class Line:
    def __init__(self, port: int) -> None:
        self.target = port
        self.mode = "open"  # or "cut": refuses connections, or "silent": accepts them and sends nothing
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.sockets.append(client)
                if self.mode == "cut":
                    client.close()
                elif self.mode == "open":
                    server = socket.create_connection(("127.0.0.1", self.target))
                    self.sockets.append(server)
                    Thread(target=self.forward, args=(client, server), daemon=True).start()
                    Thread(target=self.forward, args=(server, client), daemon=True).start()

    def forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and self.mode != "silent":
                sink.sendall(data)
            if self.mode != "silent":
                sink.shutdown(socket.SHUT_WR)

    def set(self, mode: str) -> None:
        self.mode = mode
        if mode != "silent":
            self.close_all()

    def close_all(self) -> None:
        for connection in self.sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.sockets.clear()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.listener.close()
        line.close_all()
