"""How long a response takes does not reveal whether an address has an account."""

import json
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from math import sqrt
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from redis import Redis as Client

from apps.accounts.hashers import Argon2PasswordHasher
from apps.accounts.models import User
from apps.tasks import queue
from slipway.tests.site.serving.server import serving
from slipway.tests.site.tasks.conftest import own_redis as own_redis
from slipway.tests.site.tasks.own_redis import OwnRedis
from slipway.tests.site.tasks.processes import running, surroundings
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

PAIRS = 200


@dataclass
class Visitor:
    connection: HTTPConnection

    def __post_init__(self) -> None:
        self.addresses = count(1)
        page = self.ask("GET", "/account/password/reset/", "", {})
        [self.csrf] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        [self.cookie] = re.findall(r"csrftoken=\w+", self.cookies)

    def ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> str:
        """From another address each time: nothing is refused because of too many requests."""
        number = next(self.addresses)
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        common = {"Host": "www.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": address}
        self.connection.request(method, path, body, {**common, **headers})
        response = self.connection.getresponse()
        self.cookies = response.headers.get("Set-Cookie", "")
        text = response.read().decode()
        self.status = response.status
        return text

    def post_json(self, path: str, status: int, **data: str) -> None:
        self.ask("POST", f"/api/v1/auth/{path}/", json.dumps(data), {"Content-Type": "application/json"})
        assert self.status == status

    def post_form(self, path: str, status: int = 302, **data: str) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://www.example.com/"}
        form = urlencode({**data, "csrfmiddlewaretoken": self.csrf})
        self.ask("POST", f"/account/{path}/", form, {**headers, "Cookie": self.cookie})
        assert self.status == status

    def register(self, email: str) -> None:
        self.post_json("register", 202, email=email, password=PASSWORD)

    def sign_up(self, email: str) -> None:
        self.post_form("signup", email=email, password1=PASSWORD)

    def sign_in(self, email: str) -> None:
        self.post_json("login", 401, email=email, password="wrong")

    def sign_in_on_the_page(self, email: str) -> None:
        self.post_form("login", 200, login=email, password="wrong")

    def reset(self, email: str) -> None:
        self.post_json("password/reset", 202, email=email)

    def reset_on_the_page(self, email: str) -> None:
        self.post_form("password/reset", email=email)


class CheapHasher(Argon2PasswordHasher):
    """As in `web`."""

    time_cost = 1
    memory_cost = 4 * 1024


@pytest.fixture
def known(transactional_db: None) -> list[str]:
    """Addresses of accounts."""
    hasher = CheapHasher()
    password = hasher.encode(PASSWORD, hasher.salt())
    users = [User(email=f"known{number}@example.com", password=password) for number in range(PAIRS)]
    return [user.email for user in User.objects.bulk_create(users)]


@contextmanager
def visiting(log: Path, redis_url: str) -> Iterator[Visitor]:
    places = {**surroundings(), "REDIS_URL": redis_url, "PROXY_COUNT": "1", "WEB_CONCURRENCY": "1"}
    with (
        serving("--max-requests=0", log=log, application="slipway.tests.site.accounts.web", **places) as server,
        closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection,
    ):
        yield Visitor(connection)
        # Its workers would keep their connections to the database.
        server.stop()


def rank_test(one: list[float], other: list[float]) -> float:
    """The z value of the Mann-Whitney U test: beyond 4 by chance once in 16,000 times."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, group) in enumerate(ranked, 1) if group == 0)
    expected = len(one) * (len(one) + len(other) + 1) / 2
    return (ranks - expected) / sqrt(expected * len(other) / 6)


def compare(action: Callable[[str], None], known: list[str], pairs: int = PAIRS) -> tuple[float, float]:
    """The ratio of the medians for known and unknown addresses, and the z value of the rank test."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number, email in enumerate(known[:pairs]):
        # What a request leaves behind, such as work after the response, meets both kinds alike.
        for is_known in (True, False) if number % 2 else (False, True):
            address = email if is_known else f"{action.__name__}{number}@example.com"
            began = time.perf_counter()
            action(address)
            seconds[is_known].append(time.perf_counter() - began)
    medians = [statistics.median(seconds[is_known]) for is_known in (True, False)]
    z = rank_test(seconds[True], seconds[False])
    print(f"{action.__name__}: known {medians[0] * 1000:.2f} ms, unknown {medians[1] * 1000:.2f} ms, z = {z:.1f}")
    return medians[0] / medians[1], z


def assert_alike(actions: Sequence[Callable[[str], None]], known: list[str], pairs: int = PAIRS) -> None:
    found = {action.__name__: compare(action, known, pairs) for action in actions}

    assert {name: abs(z) < 4 for name, (_, z) in found.items()} == dict.fromkeys(found, True)
    assert {name: 0.5 < ratio < 2 for name, (ratio, _) in found.items()} == dict.fromkeys(found, True)


def test_with_a_worker(known: list[str], tmp_path: Path) -> None:
    with running("worker", tmp_path / "worker"), visiting(tmp_path / "web", settings.REDIS_URL) as visitor:
        queue.stamp_heartbeat()
        actions = [visitor.reset, visitor.reset_on_the_page, visitor.register, visitor.sign_in]
        assert_alike(actions, known)


def test_without_redis(known: list[str], tmp_path: Path) -> None:
    with visiting(tmp_path / "web", "") as visitor:
        actions = [visitor.reset, visitor.reset_on_the_page, visitor.sign_up, visitor.sign_in_on_the_page]
        assert_alike(actions, known)


def test_while_redis_hangs(known: list[str], own_redis: OwnRedis, tmp_path: Path) -> None:
    with Client.from_url(own_redis.url) as client:
        client.set(queue.HEARTBEAT, time.time())
    with visiting(tmp_path / "web", own_redis.url) as visitor:
        own_redis.freeze()
        try:
            assert_alike([visitor.reset, visitor.register], known, pairs=50)
        finally:
            own_redis.thaw()
