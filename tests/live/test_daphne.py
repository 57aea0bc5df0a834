"""The real server, asked over a real wire."""

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts.models import User
from apps.chat.services import create_room
from apps.live import codes
from apps.live.services import broadcast
from apps.live.tickets import issue_ticket
from apps.notifications.services import notify
from tests.live.daphne import daphne
from tests.live.wire import Wire
from tests.serving.server import Server
from tools.servers import Redis, place_for
from tools.wire import PING, TEXT, Refused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.redis]
PATH = "/ws/notifications/"


def enter(server: Server, user: User, path: str = PATH) -> Wire:
    wire = Wire(server.port, f"{path}?ticket={issue_ticket(user=user)}")
    # What comes later comes as news.
    wire.hear("unread" if path == PATH else "ready")
    return wire


def test_news_from_another_process_arrive(server: Server, user: User) -> None:
    wire = enter(server, user)

    notification = notify(user=user, kind="comment", text="Grace answered.")

    assert wire.hear("notification")["id"] == notification.pk


def test_of_two_who_use_a_ticket_at_the_same_time_one_gets_in(server: Server, user: User) -> None:
    def try_it(ticket: str) -> str:
        wire = Wire(server.port, f"/ws/updates/?ticket={ticket}")
        opcode, payload = wire.frame()
        return "ready" if opcode == TEXT else str(int.from_bytes(payload[:2], "big"))

    with ThreadPoolExecutor(2) as pool:
        rounds = [sorted(pool.map(try_it, [issue_ticket(user=user)] * 2)) for _ in range(10)]

    assert rounds == [["4401", "ready"]] * 10


def test_a_page_from_elsewhere_is_refused(server: Server, user: User) -> None:
    with pytest.raises(Refused, match=" 403 "):
        Wire(server.port, f"{PATH}?ticket={issue_ticket(user=user)}", Origin="https://evil.example")

    assert Wire(server.port, f"{PATH}?ticket={issue_ticket(user=user)}", Origin="https://www.example.com").hear("ready")


def test_the_log_has_one_line_for_a_socket_and_no_token(server: Server, user: User) -> None:
    ticket, token = issue_ticket(user=user), str(AccessToken.for_user(user))
    for query in (f"ticket={ticket}", f"token={token}", "token=nonsense-but-mine"):
        Wire(server.port, f"{PATH}?{query}").frame()
    server.ask("GET", f"/api/v1/?token={token}", headers={"Host": "www.example.com", "X-Forwarded-Proto": "https"})
    server.ask("GET", "/health/", headers={"Host": "10.0.0.1"})
    time.sleep(0.5)
    server.stop()

    text = server.log.read_text()
    lines = [line for line in server.lines() if "path" in line]

    assert [(line["method"], line["path"], line["status"]) for line in lines if line["method"] == "GET"] == [
        ("GET", "/api/v1/", 200)
    ]
    visits = [line for line in lines if line["method"] == "WS"]
    assert [line.get("user_id") for line in visits].count(user.pk) == 2
    assert all(line["request_id"] and line["duration_ms"] for line in visits)
    assert len(visits) == 3
    assert not any(secret in text for secret in (ticket, token, "nonsense-but-mine"))


def test_it_answers_its_platforms_probe(server: Server) -> None:
    assert server.ask("GET", "/health/", headers={"Host": "10.0.0.1"}).status == 200


def test_who_sends_far_too_much_at_once_is_hung_up_on(server: Server, user: User) -> None:
    wire = enter(server, user)

    wire.send(TEXT, b"x" * 70_000)

    with pytest.raises(ConnectionError):
        wire.code()


def test_an_idle_socket_stays_open(server: Server, user: User) -> None:
    """Longer than the five seconds after which redis-py gives up by itself."""
    wire = enter(server, user)

    assert wire.listen_for(7) == []
    notification = notify(user=user, kind="comment", text="Still there?")
    assert wire.hear()["id"] == notification.pk


@pytest.mark.slow
def test_an_idle_socket_is_asked_whether_it_is_there(server: Server, user: User) -> None:
    wire = enter(server, user)

    assert PING in wire.listen_for(36)


def test_a_server_that_ends_asks_all_to_come_back_and_nothing_is_missed(
    database_url: str, user: User, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    places = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    with daphne(log=log, **places) as server:
        wires = [enter(server, user) for _ in range(10)]
        known = notify(user=user, kind="comment", text="known")
        assert {wire.hear("notification")["id"] for wire in wires} == {known.pk}
        server.process.send_signal(signal.SIGTERM)
        closed = [wire.code() for wire in wires]
        server.process.wait(timeout=20)
    missed = notify(user=user, kind="comment", text="missed")
    with daphne(log=log, **places) as server:
        wire = enter(server, user)
        wire.say(type="since", id=known.pk)
        answer = wire.hear("missed")

    assert closed == [codes.COME_BACK] * 10
    assert [item["id"] for item in answer["items"]] == [missed.pk]
    assert "Traceback" not in log.read_text()


@pytest.fixture
def own_redis() -> Iterator[tuple[Redis, str]]:
    """One that no other test minds losing, and its address."""
    with place_for(None) as place:
        redis = Redis(place)
        assert redis.find()
        address = redis.start()
        yield redis, address
        redis.stop()


def start_again(redis: Redis, address: str) -> None:
    """At the same address, and without its data."""
    port = int(address.rpartition(":")[2].partition("/")[0])
    with redis.log.open("wb") as log:
        redis.process = redis.popen(redis.command(port), log)
    while not redis.answers(port, redis.process.pid):
        time.sleep(0.05)


def test_a_server_that_ends_answers_requests_first(server: Server) -> None:
    headers = {"Host": "www.example.com", "X-Forwarded-Proto": "https", "Content-Type": "application/json"}
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(HTTPConnection("127.0.0.1", server.port, timeout=20))) for _ in range(8)]
        for line in lines:
            # Who has had an answer is let in for sure, and by a server that already hears signals.
            line.request("GET", "/health/", headers=headers)
            line.getresponse().read()
        for number, line in enumerate(lines):
            body = json.dumps({"email": f"nobody{number}@example.com", "password": "wrong"})
            line.request("POST", "/api/v1/auth/login/", body, headers)

        # Each is in a thread of its own, and has to wait for the hash of a password.
        server.process.send_signal(signal.SIGTERM)
        answers = [line.getresponse().status for line in lines]

    assert answers == [401] * 8
    assert server.process.wait(timeout=10) == 0


def test_when_redis_goes_sockets_are_asked_to_come_back_and_can_when_it_is_back(
    database_url: str, user: User, own_redis: tuple[Redis, str], tmp_path: Path
) -> None:
    redis, address = own_redis
    room = create_room(name="Launch", owner=user)
    with daphne(log=tmp_path / "log", DATABASE_URL=database_url, REDIS_URL=address) as server:
        wires = [enter(server, user, path) for path in (PATH, "/ws/updates/") for _ in range(5)]

        redis.stop()
        closed = [wire.code() for wire in wires]
        meanwhile = Wire(server.port, f"{PATH}?ticket={issue_ticket(user=user)}").code()
        start_again(redis, address)
        time.sleep(1.5)
        tabs = [enter(server, user, f"/ws/chat/{room.pk}/") for _ in range(2)]
        tabs[0].say(type="typing")

        assert (closed, meanwhile) == ([codes.COME_BACK] * 10, codes.COME_BACK)
        assert tabs[1].hear("typing")["user"] == user.pk
        said = server.log.read_text()
        assert "Traceback" not in said
        assert said.count("Redis is away") <= 5


def test_who_does_not_read_is_hung_up_on_and_holds_up_nobody(server: Server, user: User, staff: User) -> None:
    sleeper, reader = enter(server, user, "/ws/updates/"), enter(server, staff, "/ws/updates/")

    numbers = []
    # The kernel takes some ten megabytes before anybody notices.
    for number in range(200):
        broadcast("flood", number=number, ballast="x" * 100_000)
        numbers.append(reader.hear("update")["data"]["number"])

    assert numbers == list(range(200))
    with pytest.raises((ConnectionError, TimeoutError), match=r"reset|hung up"):
        sleeper.code()
