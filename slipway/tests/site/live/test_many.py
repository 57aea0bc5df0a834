"""Many WebSockets on the server of production."""

import selectors
import signal
import time
from pathlib import Path

import pytest
from django.conf import settings
from websockets.frames import Opcode

from apps.accounts.models import User
from apps.live.events import CloseCode
from apps.live.middleware import MAX_SOCKETS
from apps.live.models import Ticket
from apps.notifications.services import notify
from slipway.tests.site.live.client import Client
from slipway.tests.site.live.daphne import daphne
from slipway.tests.site.serving.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
]
PATH = "/ws/notifications/"
# The server pings every 30 seconds, and closes a WebSocket that leaves a ping unanswered for 30 more.
IDLE_SECONDS = 95


def users_for(size: int) -> list[User]:
    """A user for each WebSocket, with as few users as the limit allows."""
    count = -(-size // MAX_SOCKETS)
    users = [User(email=f"user{number}@example.com", password=f"!{number}") for number in range(count)]
    made = User.objects.bulk_create(users)
    return [made[number % count] for number in range(size)]


def connect(server: Server, user: User, first: str = "unread") -> Client:
    client = Client(server.port, f"{PATH}?ticket={Ticket.objects.issue(user=user)}")
    client.receive(first)
    return client


def test_two_hundred_clients_reconnect_after_a_deploy_and_miss_nothing(database_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    urls = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    users = users_for(200)
    with daphne(log=log, **urls) as old, daphne(log=tmp_path / "new", **urls) as new:
        clients = [connect(old, user) for user in users]
        known = {user: notify(user=user, kind="test", text="before").pk for user in set(users)}
        for user, client in zip(users, clients, strict=True):
            assert client.receive("notification")["id"] == known[user]

        old.process.send_signal(signal.SIGTERM)
        during = {user: notify(user=user, kind="test", text="while it ends").pk for user in set(users)}
        closed = [client.close_code() for client in clients]
        after = {user: notify(user=user, kind="test", text="before they are back").pk for user in set(users)}

        for user in users:
            client = connect(new, user, first="ready")
            client.send(type="since", id=known[user])
            assert {item["id"] for item in client.receive("missed")["items"]} >= {during[user], after[user]}

    assert closed == [CloseCode.RECONNECT] * 200
    assert "Traceback" not in log.read_text()


def test_a_thousand_idle_websockets_stay_open_and_need_little_memory(server: Server) -> None:
    connect(server, users_for(1)[0]).close()
    User.objects.all().delete()
    before = memory(server)
    with selectors.DefaultSelector() as selector:
        for user in users_for(1000):
            client = connect(server, user)
            selector.register(client.socket, selectors.EVENT_READ, client)
            # Opening all of them may take longer than the first may leave pings unanswered.
            answer_pings(selector)
        each = (memory(server) - before) / 1000

        pings = answer_pings(selector, seconds=IDLE_SECONDS)
        for key in [*selector.get_map().values()]:
            key.data.send(type="since", id=0)
            assert key.data.receive("missed")["items"] == []
            answer_pings(selector)

    assert pings >= 1000 * (IDLE_SECONDS // 30 - 1)
    assert each < 100, f"{each:.0f} kB for each socket"


def answer_pings(selector: selectors.BaseSelector, seconds: float = 0) -> int:
    """The client answers the pings that it reads. Returns their number."""
    pings = 0
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        for key, _ in selector.select(max(left, 0)):
            frame = key.data.frame()
            assert frame.opcode is Opcode.PING, frame
            pings += 1
        if left <= 0:
            return pings


def memory(server: Server) -> int:
    """The proportional memory of the process, in kB."""
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
