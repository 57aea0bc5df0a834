"""The server of production, from the outside."""

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
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode

from apps.accounts.models import User
from apps.chat.services import create_room
from apps.live.consumer import MAX_MESSAGES, WINDOW
from apps.live.events import CloseCode
from apps.live.models import Ticket
from apps.live.publish import broadcast
from apps.notifications.services import notify
from slipway.tests.site.live.client import Client
from slipway.tests.site.live.daphne import daphne
from slipway.tests.site.serving.server import Server
from tools.places import place_for
from tools.servers import Redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.redis]
PATH = "/ws/notifications/"


def connect(server: Server, user: User, path: str = PATH) -> Client:
    client = Client(server.port, f"{path}?ticket={Ticket.objects.issue(user=user)}")
    # The next event is a new one.
    client.receive("unread" if path == PATH else "ready")
    return client


def test_a_notification_of_another_process_is_received(server: Server, user: User) -> None:
    client = connect(server, user)

    notification = notify(user=user, kind="comment", text="Grace answered.")

    assert client.receive("notification")["id"] == notification.pk


def test_a_ticket_used_twice_at_the_same_time_opens_one_websocket(server: Server, user: User) -> None:
    def try_it(ticket: str) -> str:
        client = Client(server.port, f"/ws/updates/?ticket={ticket}")
        frame = client.frame()
        return "ready" if frame.opcode is Opcode.TEXT else str(int.from_bytes(frame.data[:2], "big"))

    with ThreadPoolExecutor(2) as pool:
        rounds = [sorted(pool.map(try_it, [Ticket.objects.issue(user=user)] * 2)) for _ in range(10)]

    assert rounds == [["4401", "ready"]] * 10


def test_a_page_of_another_site_is_rejected(server: Server, user: User) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        Client(server.port, f"{PATH}?ticket={Ticket.objects.issue(user=user)}", origin="https://evil.example")

    assert Client(
        server.port, f"{PATH}?ticket={Ticket.objects.issue(user=user)}", origin="https://www.example.com"
    ).receive("ready")


def test_the_log_has_one_line_for_each_websocket_and_no_token(server: Server, user: User) -> None:
    ticket, token = Ticket.objects.issue(user=user), str(AccessToken.for_user(user))
    for query in (f"ticket={ticket}", f"token={token}", "token=nonsense-but-mine"):
        Client(server.port, f"{PATH}?{query}").frame()
    server.ask("GET", f"/api/v1/?token={token}", headers={"Host": "www.example.com", "X-Forwarded-Proto": "https"})
    server.ask("GET", "/health/", headers={"Host": "10.0.0.1"})
    time.sleep(0.5)
    server.stop()

    text = server.log.read_text()
    lines = [line for line in server.lines() if "path" in line]

    assert [(line["method"], line["path"], line["status"]) for line in lines if line["method"] == "GET"] == [
        ("GET", "/api/v1/", 200)
    ]
    assert all(line["request_id"] for line in lines)
    visits = [line for line in lines if line["method"] == "WS"]
    assert [line.get("user_id") for line in visits].count(user.pk) == 2
    assert all(line["request_id"] and line["duration_ms"] for line in visits)
    assert len(visits) == 3
    assert not any(secret in text for secret in (ticket, token, "nonsense-but-mine"))


def test_all_processes_share_the_message_limit_of_a_user(
    server: Server, database_url: str, user: User, tmp_path: Path
) -> None:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    with daphne(log=tmp_path / "second", **urls) as second:
        clients = [connect(process, user, "/ws/updates/") for process in (server, second) for _ in range(10)]
        started_at = time.time()
        for _ in range(MAX_MESSAGES // 2):
            for client in clients:
                client.send(type="dance")
        codes = [client.receive("error")["code"] for client in clients for _ in range(MAX_MESSAGES // 2)]
        windows = time.time() // WINDOW - started_at // WINDOW + 1

    assert MAX_MESSAGES <= codes.count("unknown_type") <= MAX_MESSAGES * windows
    assert codes.count("too_fast") == len(codes) - codes.count("unknown_type")


def test_it_answers_health_checks(server: Server) -> None:
    assert server.ask("GET", "/health/", headers={"Host": "10.0.0.1"}).status == 200


def test_responses_name_no_server_software(server: Server) -> None:
    handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    handshake |= {"Host": "www.example.com", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answers = [server.get("/health/"), server.get("/nothing/"), server.ask("GET", PATH, headers=handshake)]

    assert [answer.status for answer in answers] == [200, 404, 101]
    assert ["Server" in answer.headers for answer in answers] == [False] * 3


def test_a_client_that_sends_a_huge_message_is_dropped(server: Server, user: User) -> None:
    client = connect(server, user)

    client.send_text("x" * 70_000)

    with pytest.raises(ConnectionError):
        client.close_code()


def test_an_idle_websocket_stays_open(server: Server, user: User) -> None:
    """For longer than the default timeout of redis-py, five seconds."""
    client = connect(server, user)

    assert client.opcodes_within(7) == []
    notification = notify(user=user, kind="comment", text="Still there?")
    assert client.receive()["id"] == notification.pk


@pytest.mark.slow
def test_an_idle_websocket_gets_pings(server: Server, user: User) -> None:
    client = connect(server, user)

    assert Opcode.PING in client.opcodes_within(36)


def test_at_shutdown_clients_are_told_to_reconnect_and_miss_nothing(
    database_url: str, user: User, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    urls = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    with daphne(log=log, **urls) as server:
        clients = [connect(server, user) for _ in range(10)]
        known = notify(user=user, kind="comment", text="known")
        assert {client.receive("notification")["id"] for client in clients} == {known.pk}
        server.process.send_signal(signal.SIGTERM)
        closed = [client.close_code() for client in clients]
        server.process.wait(timeout=20)
    missed = notify(user=user, kind="comment", text="missed")
    with daphne(log=log, **urls) as server:
        client = connect(server, user)
        client.send(type="since", id=known.pk)
        answer = client.receive("missed")

    assert closed == [CloseCode.RECONNECT] * 10
    assert [item["id"] for item in answer["items"]] == [missed.pk]
    assert "Traceback" not in log.read_text()


@pytest.fixture
def own_redis() -> Iterator[tuple[Redis, str]]:
    """A Redis of this test alone, and its URL."""
    with place_for(None) as place:
        redis = Redis(place)
        assert redis.find()
        address = redis.start()
        yield redis, address
        redis.stop()


def start_again(redis: Redis, address: str) -> None:
    """At the same URL, without its data."""
    redis.start(int(address.rpartition(":")[2].partition("/")[0]))


def test_at_shutdown_running_requests_are_answered(server: Server) -> None:
    headers = {"Host": "www.example.com", "X-Forwarded-Proto": "https", "Content-Type": "application/json"}
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(HTTPConnection("127.0.0.1", server.port, timeout=20))) for _ in range(8)]
        for line in lines:
            # After an answer, the connection is accepted, and the server handles signals.
            line.request("GET", "/health/", headers=headers)
            line.getresponse().read()
        for number, line in enumerate(lines):
            body = json.dumps({"email": f"nobody{number}@example.com", "password": "wrong"})
            line.request("POST", "/api/v1/auth/login/", body, headers)

        # Each runs in a thread, and hashes a password.
        server.process.send_signal(signal.SIGTERM)
        answers = [line.getresponse().status for line in lines]

    assert answers == [401] * 8
    assert server.process.wait(timeout=10) == 0


def test_without_redis_clients_are_told_to_reconnect_and_can_when_it_is_available_again(
    database_url: str, user: User, own_redis: tuple[Redis, str], tmp_path: Path
) -> None:
    redis, address = own_redis
    room = create_room(name="Launch", owner=user)
    with daphne(log=tmp_path / "log", DATABASE_URL=database_url, REDIS_URL=address) as server:
        clients = [connect(server, user, path) for path in (PATH, "/ws/updates/") for _ in range(5)]

        redis.stop()
        closed = [client.close_code() for client in clients]
        meanwhile = Client(server.port, f"{PATH}?ticket={Ticket.objects.issue(user=user)}").close_code()
        start_again(redis, address)
        time.sleep(1.5)
        tabs = [connect(server, user, f"/ws/chat/{room.pk}/") for _ in range(2)]
        tabs[0].send(type="typing")

        assert (closed, meanwhile) == ([CloseCode.RECONNECT] * 10, CloseCode.RECONNECT)
        assert tabs[1].receive("typing")["user"] == user.pk
        log = server.log.read_text()
        assert "Traceback" not in log
        assert log.count("Redis is unavailable") <= 5


def test_a_client_that_does_not_read_is_dropped_and_delays_nobody(server: Server, user: User, staff: User) -> None:
    stuck, reader = connect(server, user, "/ws/updates/"), connect(server, staff, "/ws/updates/")

    numbers = []
    # The kernel buffers about ten megabytes.
    for number in range(200):
        broadcast("flood", number=number, ballast="x" * 100_000)
        numbers.append(reader.receive("update")["data"]["number"])

    assert numbers == list(range(200))
    with pytest.raises((ConnectionError, TimeoutError), match=r"reset|dropped"):
        stuck.close_code()
