"""Is it there, and does it answer? Each question takes little time, whatever the answer."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# Seconds that one question may take.
LIMIT = 1.5


@dataclass(frozen=True)
class Finding:
    status: str  # up, down or off
    detail: str = ""


class Check:
    """A question that is asked in a thread of its own, one at a time: an answer that never comes holds up nobody."""

    def __init__(self, ask: Callable[[], Finding]) -> None:
        self.ask = ask
        self.pending: Future[Finding] | None = None
        self.thread: ThreadPoolExecutor | None = None

    def __call__(self) -> Finding:
        if self.pending is None or self.pending.done():
            # Made at first use: a thread of a preloaded server would not live through its fork.
            self.thread = self.thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
            self.pending = self.thread.submit(self.ask)
        try:
            return self.pending.result(timeout=LIMIT)
        except TooLong:
            return Finding("down", "Does not answer.")


def ask_database() -> Finding:
    """Up when it answers and holds every migration: traffic must not reach code that the tables don't fit."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not migrated.done and (missing := migrated.missing()):
            return Finding("down", f"{missing} migrations are missing: python manage.py migrate")
        return Finding("up", connection.display_name)
    except DatabaseError:
        return Finding("down", "Cannot be reached.")
    finally:
        connection.close()


class Migrated:
    """Whether all migrations have run. Once they have, this process need not look again."""

    done = False

    def missing(self) -> int:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        self.done = not plan
        return len(plan)


migrated = Migrated()


def ask_redis() -> Finding:
    address = settings.REDIS_URL
    if not address:
        return Finding("off", "REDIS_URL is not set: each process keeps its own cache.")
    # Takes a while to import, and a site without Redis never needs it.
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        with Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()
    except RedisError:
        return Finding("down", "Cannot be reached.")
    return Finding("up", "Redis")


# Optional apps add theirs when they are ready.
CHECKS = {"database": Check(ask_database), "redis": Check(ask_redis)}
