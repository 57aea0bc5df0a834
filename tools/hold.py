"""`bin/smoke --hold NUMBER`: WebSockets that stay open and tasks that are sent, while somebody deploys.

One line of JSON when all are open, and another when standard input has ended and what was under way has settled.
"""

import json
import sys
import time
from collections.abc import Callable
from http.client import HTTPException
from threading import Event, Thread
from typing import Any

from tools.deployment import Deployment, Failed
from tools.wire import Closed, open_socket

# Seconds until a socket that was closed must be open again, and until the last task must have ended.
TO_RETURN = 45
TO_SETTLE = 90
# Between two tries to come back, and between two tasks; a user may start 30 a minute.
REST = 0.5
PACE = 2.1

TROUBLE = (Failed, OSError, HTTPException, ValueError)


class Listener:
    """One socket, as a page has it: when it is closed it comes back, and asks for what it missed."""

    def __init__(self, site: Deployment) -> None:
        self.site = site
        self.known: set[int] = set()
        self.last = 0
        self.closed = 0
        self.is_open = Event()
        self.is_lost = False
        self.ending = False
        Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while self.enter():
            try:
                while True:
                    self.hear(self.wire.hear())
            except (Closed, OSError):
                self.is_open.clear()
                self.closed += 1

    def enter(self) -> bool:
        """Whether it could come (back)."""
        deadline = time.monotonic() + TO_RETURN
        while not self.ending:
            try:
                self.wire = open_socket(self.site, "/ws/notifications/")
                # A ping comes each half a minute.
                self.wire.socket.settimeout(60)
                self.wire.say(type="since", id=self.last)
                self.is_open.set()
                return True
            except TROUBLE as error:
                if time.monotonic() > deadline:
                    print(f"A socket cannot come back: {error}", file=sys.stderr)
                    self.is_lost = True
                    return False
                time.sleep(REST)
        return False

    def hear(self, event: dict[str, Any]) -> None:
        items = {"notification": [event], "missed": event.get("items", []), "unread": event.get("items", [])}
        for item in items.get(event["type"], []):
            self.known.add(item["id"])
            self.last = max(self.last, item["id"])
        if event["type"] == "missed" and event["more"]:
            self.wire.say(type="since", id=self.last)


class Sender:
    """Sends tasks that each leave a notification behind."""

    def __init__(self, site: Deployment) -> None:
        self.site = site
        self.sent = 0
        self.refused = 0
        self.over = Event()
        self.thread = Thread(target=self.send, daemon=True)
        self.thread.start()

    def send(self) -> None:
        while not self.over.wait(PACE):
            try:
                self.site.expect(202, "POST", "/api/v1/preflight/")
                self.sent += 1
            except TROUBLE as error:
                print(f"A task could not be sent: {error}", file=sys.stderr)
                self.refused += 1

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def hold(site: Deployment, number: int) -> None:
    listeners = [Listener(site) for _ in range(number)]
    for listener in listeners:
        if not listener.is_open.wait(TO_RETURN + 1):
            raise Failed("not all sockets could be opened")
    sender = Sender(site)
    say(open=number)
    sys.stdin.read()
    sender.stop()
    ids = settled(lambda: notifications(site), lambda found: len(found) >= sender.sent)
    settled(
        lambda: None, lambda _: all(listener.is_lost or ids <= listener.known for listener in listeners), patience=10
    )
    for listener in listeners:
        listener.ending = True
    say(
        closed=sum(listener.closed for listener in listeners),
        lost_sockets=sum(listener.is_lost for listener in listeners),
        lost_messages=sum(len(ids - listener.known) for listener in listeners),
        tasks=sender.sent + sender.refused,
        lost_tasks=sender.refused + max(0, sender.sent - len(ids)),
    )


def settled(look: Callable[[], Any], is_enough: Callable[[Any], bool], patience: float = TO_SETTLE) -> Any:
    """What was seen last: the end of what was under way, or of our patience."""
    deadline = time.monotonic() + patience
    while not is_enough(found := look()) and time.monotonic() < deadline:
        time.sleep(REST)
    return found


def notifications(site: Deployment) -> set[int]:
    """What the tasks have left."""
    newest = site.expect(200, "GET", "/api/v1/notifications/?page_size=100").json["results"]
    return {item["id"] for item in newest if item["kind"] == "preflight"}


def say(**figures: int) -> None:
    print(json.dumps(figures), flush=True)
