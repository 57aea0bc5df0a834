"""How fast a message gets from a process of the site to everybody who is looking."""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from subprocess import Popen

from websockets.frames import Opcode

from benchmarks.bare_channels import bare_channels
from benchmarks.figures import alternately, percentile, rows
from benchmarks.processes import Process, Service, heard, inside, running, say
from benchmarks.projects import ROOT, Bench, Project, ours
from slipway.tests.site.live.client import Client
from tools.servers import free_port

ROUNDS = 5
SOCKETS = 200
MESSAGES = 100
# Less than what the bare layer keeps for a slow reader, and drops beyond.
BURST = 50

HALF = f"Message to {SOCKETS} sockets until one has it, p50, ms"
MOST = "The same, p99, ms"
LAST = "The same until the last has it, p50, ms"
RATE = f"{BURST} messages at once to {SOCKETS} sockets, deliveries/s"
WANTED = {HALF: "as it is", MOST: "as it is", LAST: "as it is", RATE: "as it is"}


def measure(bench: Bench) -> None:
    slipway, floor = ours(bench), bare_channels(bench)
    with ExitStack() as stack:
        crowds = {p.name: stack.enter_context(crowd(p, bench.few(SOCKETS))) for p in (slipway, floor)}
        figures = alternately(lambda p: session(crowds[p.name], bench), slipway, floor, bench.rounds(ROUNDS))
    rows(figures, WANTED)


@dataclass
class Crowd:
    """Open sockets, who serves them, and who tells them something."""

    server: Process
    teller: Popen[str]
    clients: list[Client]
    selector: selectors.BaseSelector

    def hear(self, messages: int) -> list[float]:
        """Seconds until each socket had each of so many messages, in the order in which they came."""
        say(self.teller, messages)
        moments: list[float] = []
        while len(moments) < messages * len(self.clients):
            ready = self.selector.select(timeout=20)
            if not ready:
                sys.exit(f"Of {messages * len(self.clients)} messages {len(moments)} came.")
            for key, _ in ready:
                moments += [time.monotonic()] * texts(key.data)
        began = float(heard(self.teller))
        return [moment - began for moment in moments]


def session(crowd: Crowd, bench: Bench) -> dict[str, float]:
    one_by_one = [crowd.hear(1) for _ in range(bench.few(MESSAGES))]
    together = crowd.hear(bench.few(BURST))
    each = [seconds for message in one_by_one for seconds in message]
    return {
        HALF: percentile(each, 50) * 1e3,
        MOST: percentile(each, 99) * 1e3,
        LAST: percentile([message[-1] for message in one_by_one], 50) * 1e3,
        RATE: len(together) / together[-1],
    }


def texts(client: Client) -> int:
    """How many messages were there to read."""
    found = 0
    while not found or client.frames:
        frame = client.frame()
        if frame.opcode is Opcode.PING:
            return found
        assert frame.opcode is Opcode.TEXT, frame
        found += 1
    return found


@contextmanager
def crowd(project: Project, size: int) -> Iterator[Crowd]:
    port = free_port()
    module = "benchmarks.crowd" if project.folder == ROOT else "chat.crowd"
    with ExitStack() as stack:
        server = stack.enter_context(running(project, project.processes["ws"].replace("$PORT", str(port))))
        teller = stack.enter_context(inside(project, "teller", module, str(size)))
        selector = stack.enter_context(selectors.DefaultSelector())
        server.wait_until(lambda: listens(port))
        first, *paths = json.loads(heard(teller))
        clients = [Client(port, path, host="localhost", origin="http://localhost") for path in paths]
        for client in clients:
            stack.callback(client.close)
            selector.register(client.socket, selectors.EVENT_READ, client)
            if first:
                client.receive(first)
        yield Crowd(server, teller, clients, selector)


def services(bench: Bench, slipway: Project) -> list[Service]:
    return [Service("Memory of ws with 20 sockets, MB", at_work, bare_channels(bench))]


@contextmanager
def at_work(project: Project, bench: Bench) -> Iterator[Process]:
    """daphne with 20 sockets that have all heard something."""
    with crowd(project, 20) as its_crowd:
        its_crowd.hear(1)
        yield its_crowd.server


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
