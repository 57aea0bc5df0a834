"""A TCP proxy whose connections can be cut or made silent."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


class Line:
    def __init__(self, port: int) -> None:
        self.target = port
        self.mode = "open"  # or "cut": refuses, or "silent": takes connections and says nothing
        self.ends: list[socket.socket] = []
        self.forgotten: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                self.ends.append(near)
                if self.mode == "cut":
                    near.close()
                elif self.mode == "open":
                    far = socket.create_connection(("127.0.0.1", self.target))
                    self.ends.append(far)
                    Thread(target=self.carry, args=(near, far), daemon=True).start()
                    Thread(target=self.carry, args=(far, near), daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and not self.is_silent(source):
                sink.sendall(data)
            if not self.is_silent(source):
                sink.shutdown(socket.SHUT_WR)

    def is_silent(self, end: socket.socket) -> bool:
        return self.mode == "silent" or end in self.forgotten

    def set(self, mode: str) -> None:
        self.mode = mode
        if mode != "silent":
            self.hang_up()

    def forget(self) -> None:
        """Carry nothing more on the connections that exist, and close none. New ones work."""
        self.forgotten |= {*self.ends}

    def hang_up(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.listener.close()
        line.hang_up()
