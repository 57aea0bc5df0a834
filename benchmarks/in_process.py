"""Runs in a project's process and calls its WSGI application, without a server.

For each line `path token count` on standard input, sends that many requests and prints the CPU time and the elapsed
time of one, in seconds.
"""

import importlib
import io
import sys
import time
from typing import Any


def environ(path: str, token: str) -> dict[str, Any]:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token != "-" else {}
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "192.0.2.1",
        "HTTP_ACCEPT": "application/json",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        **headers,
    }


def main() -> None:
    application = importlib.import_module(sys.argv[1]).application
    statuses: list[str] = []
    for line in sys.stdin:
        path, token, count = line.split()
        cpu, elapsed = time.process_time(), time.perf_counter()
        for _ in range(int(count)):
            response = application(environ(path, token), lambda status, headers, error=None: statuses.append(status))
            b"".join(response)
            response.close()
        cpu, elapsed = time.process_time() - cpu, time.perf_counter() - elapsed
        if set(statuses) != {"200 OK"}:
            sys.exit(f"{path} returned {set(statuses)}")
        statuses.clear()
        print(cpu / int(count), elapsed / int(count), flush=True)


main()
