"""The least of Redis."""

import os
import socket
from urllib.parse import urlsplit


def ask(*words):
    address = urlsplit(os.environ["REDIS_URL"])
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(f"{' '.join(words)}\r\n".encode())
        return connection.recv(1024).decode().split("\r\n")[1 if words[0] == "GET" else 0]
