"""Redis is gone for 20 seconds: pages are served, tasks are kept, and all comes back by itself."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis as Client
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts.models import User
from apps.live.events import CloseCode
from apps.tasks import queue
from apps.tasks.models import OutboxTask
from slipway.tests.drills import drill
from slipway.tests.site.live.daphne import daphne
from slipway.tests.site.serving.server import serving
from slipway.tests.site.tasks.own_redis import OwnRedis
from slipway.tests.site.tasks.processes import children_of, numbers, running, surroundings
from slipway.tests.site.tasks.visitors import Visitors, visiting
from slipway.tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

OUTAGE = 20
# What beat sends each minute, and some seconds in which all notice that Redis is back.
PATIENCE = 90


@dataclass
class Site:
    visitors: Visitors
    redis: OwnRedis
    pids: list[int]

    def processes(self) -> dict[int, list[int]]:
        return {pid: sorted(children_of(pid)) for pid in self.pids}

    def lose_redis(self, how: str) -> None:
        self.redis.freeze() if how == "frozen" else self.redis.stop()

    def get_redis_back(self, how: str) -> None:
        self.redis.thaw() if how == "frozen" else self.redis.come_back()

    def is_healthy(self) -> bool:
        return self.visitors.report()["status"] == "healthy"


@pytest.fixture
def site(own_redis: OwnRedis, tables: None, user: User, tmp_path: Path) -> Iterator[Site]:
    """The four processes of production."""
    with Client.from_url(own_redis.url) as client:
        # As if it had run before: the first heartbeat would come at the next full minute.
        client.set(queue.HEARTBEAT, time.time())
    for name in ("web", "ws", "worker", "beat"):
        (tmp_path / name).mkdir()
    places = {**surroundings(), "REDIS_URL": own_redis.url, "SECRET_KEY": str(settings.SECRET_KEY)}
    with ExitStack() as stack:
        application = "slipway.tests.site.tasks.web:application"
        web = stack.enter_context(serving(log=tmp_path / "web/log", application=application, **places))
        sockets = stack.enter_context(daphne(log=tmp_path / "ws/log", **places))
        started = [
            stack.enter_context(running(name, tmp_path / name / "log", REDIS_URL=own_redis.url))
            for name in ("worker", "beat")
        ]
        pids = [web.process.pid, sockets.process.pid, *(process.popen.pid for process in started)]
        yield Site(Visitors(web, sockets, str(AccessToken.for_user(user))), own_redis, pids)


@pytest.mark.parametrize("how", ["dead", "frozen"])
def test_without_redis_people_are_served_and_what_they_began_is_done_later(site: Site, how: str) -> None:
    visitors = site.visitors
    with visiting(visitors):
        wait_for(lambda: site.is_healthy() and visitors.heard and numbers("runs"))
        before = site.processes()

        site.lose_redis(how)
        over = time.monotonic() + OUTAGE
        wait_for(lambda: visitors.report()["status"] == "degraded", timeout=5)
        wait_for(lambda: time.monotonic() > over, timeout=OUTAGE + 5)
        kept = OutboxTask.objects.count()
        site.get_redis_back(how)
        back = time.monotonic()

        until_then = list(visitors.sent)
        wait_for(lambda: set(numbers("runs")) >= set(until_then), timeout=PATIENCE)
        took = time.monotonic() - back
        wait_for(site.is_healthy, timeout=PATIENCE)
        afterwards = str(visitors.sent[-1] + 1)
        wait_for(lambda: afterwards in visitors.heard, timeout=PATIENCE)
        after = site.processes()
    slowest = max(visitors.visits, key=lambda visit: visit.seconds)
    print(f"{how}: {len(visitors.visits)} visits, the slowest {slowest.seconds:.2f} s ({slowest.path});", end=" ")
    print(f"{kept} tasks kept, all done {took:.0f} s after; {len(visitors.closed)} sockets closed.")

    errors = sum(visit.status >= 500 for visit in visitors.visits)
    visits = len(visitors.visits)
    drill(f"Redis is {how}", requests=visits, answered=visits, errors=errors, recovery=took)
    assert {visit.status for visit in visitors.visits} <= {200, 201}
    assert slowest.seconds < 5
    assert kept > 10
    assert not OutboxTask.objects.exists()
    assert set(visitors.closed) <= {f"closed with {CloseCode.RECONNECT}"}
    assert bool(visitors.closed) == (how == "dead")
    assert sorted(set(numbers("effects"))) == numbers("effects")
    assert before == after
