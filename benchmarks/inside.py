"""Runs inside a project's process: answers each line `path token count` with the seconds that one request took.

Of the processor for what the site computes, of the clock where it waits for a database.
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
        processor, clock = time.process_time(), time.perf_counter()
        for _ in range(int(count)):
            answer = application(environ(path, token), lambda status, headers, error=None: statuses.append(status))
            b"".join(answer)
            answer.close()
        processor, clock = time.process_time() - processor, time.perf_counter() - clock
        if set(statuses) != {"200 OK"}:
            sys.exit(f"{path} answered {set(statuses)}")
        statuses.clear()
        print(processor / int(count), clock / int(count), flush=True)


main()
