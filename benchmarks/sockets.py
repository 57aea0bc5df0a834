"""How fast a message reaches all open WebSockets."""

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
from benchmarks.processes import Process, Service, read_line, running, script, write_line
from benchmarks.projects import ROOT, Bench, Project, slipway_project
from benchmarks.results import measure_in_turn, percentile, print_rows
from slipway.tests.site.live.client import Client
from tools.servers import free_port

ROUNDS = 5
SOCKETS = 200
MESSAGES = 100
# Less than the capacity of the bare channel layer, which drops messages beyond it.
BURST = 50

P50 = f"Message to {SOCKETS} sockets, each delivery, p50, ms"
P99 = f"Message to {SOCKETS} sockets, each delivery, p99, ms"
LAST = f"Message to {SOCKETS} sockets, last delivery, p50, ms"
THROUGHPUT = f"{BURST} messages in a burst to {SOCKETS} sockets, deliveries/s"
LIMITS = {P50: "none", P99: "none", LAST: "none", THROUGHPUT: "none"}


def measure(bench: Bench) -> None:
    slipway, bare = slipway_project(bench), bare_channels(bench)
    with ExitStack() as stack:
        opened = {p.name: stack.enter_context(open_sockets(p, bench.scaled(SOCKETS))) for p in (slipway, bare)}
        results = measure_in_turn(lambda p: send_messages(opened[p.name], bench), slipway, bare, bench.rounds(ROUNDS))
    print_rows(results, LIMITS)


@dataclass
class OpenSockets:
    """Open sockets, their server, and the process that sends messages to them."""

    server: Process
    sender: Popen[str]
    clients: list[Client]
    selector: selectors.BaseSelector

    def deliver(self, messages: int) -> list[float]:
        """Send messages and return the seconds until each delivery, in the order of arrival."""
        write_line(self.sender, messages)
        times: list[float] = []
        while len(times) < messages * len(self.clients):
            ready = self.selector.select(timeout=20)
            if not ready:
                sys.exit(f"{len(times)} of {messages * len(self.clients)} messages were delivered.")
            for key, _ in ready:
                times += [time.monotonic()] * texts(key.data)
        started = float(read_line(self.sender))
        return [received - started for received in times]


def send_messages(sockets: OpenSockets, bench: Bench) -> dict[str, float]:
    one_by_one = [sockets.deliver(1) for _ in range(bench.scaled(MESSAGES))]
    burst = sockets.deliver(bench.scaled(BURST))
    each = [seconds for message in one_by_one for seconds in message]
    return {
        P50: percentile(each, 50) * 1e3,
        P99: percentile(each, 99) * 1e3,
        LAST: percentile([message[-1] for message in one_by_one], 50) * 1e3,
        THROUGHPUT: len(burst) / burst[-1],
    }


def texts(client: Client) -> int:
    """Read all messages that have arrived and return their number."""
    found = 0
    while not found or client.frames:
        frame = client.frame()
        if frame.opcode is Opcode.PING:
            return found
        assert frame.opcode is Opcode.TEXT, frame
        found += 1
    return found


@contextmanager
def open_sockets(project: Project, count: int) -> Iterator[OpenSockets]:
    port = free_port()
    module = "benchmarks.site_sockets" if project.folder == ROOT else "chat.bench_sockets"
    with ExitStack() as stack:
        server = stack.enter_context(running(project, project.processes["ws"].replace("$PORT", str(port))))
        sender = stack.enter_context(script(project, "message_sender", module, str(count)))
        selector = stack.enter_context(selectors.DefaultSelector())
        server.wait_until(lambda: listens(port))
        ready, *paths = json.loads(read_line(sender))
        clients = [Client(port, path, host="localhost", origin="http://localhost") for path in paths]
        for client in clients:
            stack.callback(client.close)
            selector.register(client.socket, selectors.EVENT_READ, client)
            if ready:
                client.receive(ready)
        yield OpenSockets(server, sender, clients, selector)


def services(bench: Bench, slipway: Project) -> list[Service]:
    return [Service("Memory of ws with 20 sockets, MB", start_daphne, bare_channels(bench))]


@contextmanager
def start_daphne(project: Project, bench: Bench) -> Iterator[Process]:
    """Start daphne with 20 sockets that have received a message."""
    with open_sockets(project, 20) as sockets:
        sockets.deliver(1)
        yield sockets.server


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
