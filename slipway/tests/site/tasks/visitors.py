"""People who use the site all the time, and note what happens to them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from typing import Any

from slipway.tests.site.live.client import Client
from slipway.tests.site.serving.server import Server


@dataclass
class Visit:
    path: str
    status: int
    seconds: float


@dataclass
class Visitors:
    web: Server
    sockets: Server
    token: str
    gone: Event = field(default_factory=Event)
    visits: list[Visit] = field(default_factory=list)
    # Numbers of the tasks that were sent, texts that came over the socket, and why it was closed.
    sent: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def look_at(self, path: str) -> None:
        while not self.gone.wait(0.25):
            self.ask("GET", path)

    def send_tasks(self) -> None:
        for number in count():
            if self.gone.wait(0.25):
                return
            self.ask("GET", f"/count/{number}/")
            self.sent.append(number)

    def listen(self) -> None:
        """As live.js does: whoever is asked to come back does so."""
        while not self.gone.wait(1):
            ticket = json.loads(self.ask("POST", "/api/v1/auth/ws-ticket/"))["ticket"]
            client = Client(self.sockets.port, f"/ws/notifications/?ticket={ticket}")
            client.socket.settimeout(1)
            try:
                self.hear(client)
            except ConnectionError as error:
                self.closed.append(str(error))
            finally:
                client.close()

    def hear(self, client: Client) -> None:
        while not self.gone.is_set():
            try:
                self.heard.append(client.receive("notification")["text"])
            except TimeoutError:
                continue

    def ask(self, method: str, path: str) -> bytes:
        headers = {"Host": "www.example.com", "X-Forwarded-Proto": "https", "Authorization": f"Bearer {self.token}"}
        began = time.monotonic()
        answer = self.web.ask(method, path, headers=headers)
        self.visits.append(Visit(path, answer.status, time.monotonic() - began))
        return answer.body

    def report(self) -> dict[str, Any]:
        report = json.loads(self.ask("GET", "/api/health/"))
        assert "status" in report, report
        return report


@contextmanager
def visiting(visitors: Visitors) -> Iterator[Visitors]:
    wanted: list[tuple[Callable[..., None], tuple[str, ...]]] = [
        (visitors.look_at, ("/",)),
        (visitors.look_at, ("/api/v1/notifications/",)),
        (visitors.look_at, ("/health/",)),
        (visitors.send_tasks, ()),
        (visitors.listen, ()),
    ]
    threads = [Thread(target=does, args=what) for does, what in wanted]
    for thread in threads:
        thread.start()
    try:
        yield visitors
    finally:
        visitors.gone.set()
        for thread in threads:
            thread.join()
