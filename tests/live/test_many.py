"""Many sockets, for a long time, on the real server: what a product relies on without looking."""

import selectors
import signal
import time
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.models import User
from apps.live import codes, limits
from apps.live.tickets import issue_ticket
from apps.notifications.services import notify
from tests.live.daphne import daphne
from tests.live.wire import Wire
from tests.serving.server import Server
from tools.wire import PING, PONG

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
]
PATH = "/ws/notifications/"
MINUTES = 3


def crowd(size: int) -> list[User]:
    """One user for each socket, as far as the limits want more than one."""
    people = -(-size // limits.SOCKETS)
    users = [User(email=f"user{number}@example.com", password=f"!{number}") for number in range(people)]
    made = User.objects.bulk_create(users)
    return [made[number % people] for number in range(size)]


def enter(server: Server, user: User, first: str = "unread") -> Wire:
    wire = Wire(server.port, f"{PATH}?ticket={issue_ticket(user=user)}")
    wire.hear(first)
    return wire


def test_two_hundred_sockets_come_back_after_a_deploy_and_miss_nothing(database_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    places = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    users = crowd(200)
    with daphne(log=log, **places) as old, daphne(log=tmp_path / "new", **places) as new:
        wires = [enter(old, user) for user in users]
        known = {user: notify(user=user, kind="test", text="before").pk for user in set(users)}
        for user, wire in zip(users, wires, strict=True):
            assert wire.hear("notification")["id"] == known[user]

        old.process.send_signal(signal.SIGTERM)
        during = {user: notify(user=user, kind="test", text="while it ends").pk for user in set(users)}
        closed = [wire.code() for wire in wires]
        after = {user: notify(user=user, kind="test", text="before they are back").pk for user in set(users)}

        for user in users:
            wire = enter(new, user, first="ready")
            wire.say(type="since", id=known[user])
            assert {item["id"] for item in wire.hear("missed")["items"]} >= {during[user], after[user]}

    assert closed == [codes.COME_BACK] * 200
    assert "Traceback" not in log.read_text()


def test_a_thousand_idle_sockets_stay_open_and_are_cheap(server: Server) -> None:
    enter(server, crowd(1)[0]).close()
    User.objects.all().delete()
    before = memory(server)
    with selectors.DefaultSelector() as crowded:
        for user in crowd(1000):
            wire = enter(server, user)
            crowded.register(wire.socket, selectors.EVENT_READ, wire)
            # On a busy machine it takes longer to let all of them in than the first may be silent.
            answer_pings(crowded)
        each = (memory(server) - before) / 1000

        pings = answer_pings(crowded, seconds=MINUTES * 60)
        for key in [*crowded.get_map().values()]:
            key.data.say(type="since", id=0)
            assert key.data.hear("missed")["items"] == []
            answer_pings(crowded)

    # Every half a minute, to each of them.
    assert pings >= 1000 * MINUTES
    assert each < 100, f"{each:.0f} kB for each socket"


def answer_pings(crowded: selectors.BaseSelector, seconds: float = 0) -> int:
    """As browsers do by themselves."""
    pings = 0
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        for key, _ in crowded.select(max(left, 0)):
            kind, payload = key.data.frame()
            assert kind == PING, f"a frame of kind {kind}: {payload!r}"
            key.data.send(PONG, payload)
            pings += 1
        if left <= 0:
            return pings


def memory(server: Server) -> int:
    """What the process has for itself, in kB."""
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
