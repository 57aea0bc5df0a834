"""Requests one path over keep-alive connections as fast as the server responds: `python load.py PORT PATH SECONDS`.

Prints the responses per second. Uses plain sockets, so that it costs less CPU than the server that it measures.
"""

import selectors
import socket
import sys
import time


def main(port: int, path: str, seconds: float, connections: int = 8) -> None:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
    ).encode()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(request)
        selector.register(connection, selectors.EVENT_READ, bytearray())
    responses, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in selector.select(timeout=1):
            received: bytearray = key.data
            received += key.fileobj.recv(65536)  # type: ignore[union-attr]
            if is_complete(received):
                if not received.startswith(b"HTTP/1.1 200"):
                    sys.exit(received.decode())
                responses += 1
                received.clear()
                key.fileobj.sendall(request)  # type: ignore[union-attr]
    print(responses / seconds)


def is_complete(response: bytearray) -> bool:
    head, separator, body = response.partition(b"\r\n\r\n")
    return bool(separator) and len(body) >= int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
