"""A small site with options for common faults.

python server.py HOST PORT [--redirect] [--choosy] [--rude]
"""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

import store

HOSTS = ["shop.example.com"]
if "--choosy" not in sys.argv:
    HOSTS.append(os.environ["RENDER_EXTERNAL_HOSTNAME"])
# Taken by the first visitor, and kept.
FIRST = Lock()
FIRST_VERSION = store.ask("INCR", "versions") == ":1"
LEAVING = Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A connection on which nothing comes does not keep us from ending.
    timeout = 2

    def do_GET(self):
        if "--redirect" in sys.argv and self.headers["X-Forwarded-Proto"] != "https":
            self.answer(301, "", Location=f"https://{self.headers['Host']}{self.path}")
        elif self.headers["Host"] not in HOSTS:
            self.answer(400, "unknown host")
        elif self.path == "/health/":
            self.answer(*(200, "well") if store.ask("GET", "migrated") == "yes" else (503, "not migrated"))
        elif self.path == "/slow/":
            # Whenever the second version takes over, the first has work to finish.
            if FIRST_VERSION:
                LEAVING.wait()
            time.sleep(1)
            self.answer(200, "at last")
        else:
            if FIRST.acquire(blocking=False):
                print("Visited.", flush=True)
            self.answer(200, "welcome")

    def answer(self, status, text, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


def main():
    server = Server((sys.argv[1], int(sys.argv[2])), Handler)

    def leave(number, frame):
        LEAVING.set()
        Thread(target=server.shutdown).start()

    print("Listening on", *server.server_address, flush=True)
    if "--rude" not in sys.argv:
        signal.signal(signal.SIGTERM, leave)
    server.serve_forever(0.05)
    # Waits for requests in work.
    server.server_close()
    print("Ended in peace.", flush=True)


main()
