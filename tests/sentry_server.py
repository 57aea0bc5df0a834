"""A small Sentry: takes what the SDK sends and takes it apart."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import brotli  # type: ignore[import-untyped]

UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


@dataclass
class Sentry:
    dsn: str = ""
    arriving: Queue[tuple[str, dict[str, Any]]] = field(default_factory=Queue)
    # Everything that ever arrived, as it was read.
    text: str = ""

    def take(self, envelope: bytes) -> None:
        self.text += envelope.decode()
        lines = iter(envelope.decode().splitlines()[1:])
        for header in lines:
            self.arriving.put((json.loads(header)["type"], json.loads(next(lines))))

    def wait_for(self, kind: str) -> dict[str, Any]:
        while True:
            arrived, item = self.arriving.get(timeout=20)
            if arrived == kind:
                return item

    def all_that_is_left(self, kind: str) -> list[dict[str, Any]]:
        left = [self.arriving.get() for _ in range(self.arriving.qsize())]
        return [item for arrived, item in left if arrived == kind]


@contextmanager
def listening() -> Iterator[Sentry]:
    sentry = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sentry.take(UNPACK[self.headers["Content-Encoding"]](body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sentry.dsn = f"http://publickey@127.0.0.1:{server.server_port}/1"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sentry
        finally:
            server.shutdown()
            thread.join()
