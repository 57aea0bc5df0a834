"""Health checks. An app registers its own in AppConfig.ready: `checks.register("search", check_search)`."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# Seconds for all checks together.
TIMEOUT = 1.5


@dataclass(frozen=True)
class CheckResult:
    status: str  # up, down or off
    detail: str = ""


class HealthCheck:
    """Runs a function in its own thread, at most once at a time: a check that hangs blocks nothing else."""

    def __init__(self, function: Callable[[], CheckResult]) -> None:
        self.function = function
        self.future: Future[CheckResult] | None = None
        self.executor: ThreadPoolExecutor | None = None

    def start(self) -> None:
        if self.future is None or self.future.done():
            # Threads do not survive a fork: gunicorn preloads the site and forks before the first check.
            self.executor = self.executor or ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
            self.future = self.executor.submit(self.function)

    def result(self, timeout: float) -> CheckResult:
        assert self.future
        try:
            return self.future.result(timeout=max(0, timeout))
        except TimeoutError:
            return CheckResult("down", "Timeout.")


CHECKS: dict[str, HealthCheck] = {}


def register(name: str, function: Callable[[], CheckResult]) -> None:
    CHECKS[name] = HealthCheck(function)


def run_checks(*names: str) -> dict[str, CheckResult]:
    """Run these checks at the same time, or all of them without names."""
    checks = {name: CHECKS[name] for name in names or CHECKS}
    for check in checks.values():
        check.start()
    deadline = time.monotonic() + TIMEOUT
    return {name: check.result(deadline - time.monotonic()) for name, check in checks.items()}


def check_database() -> CheckResult:
    """Up when the database responds and has all migrations: older tables would break the code."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if missing := migrations.count_missing():
            return CheckResult("down", f"{missing} migrations are missing: python manage.py migrate")
        return CheckResult("up", connection.display_name)
    except DatabaseError:
        return CheckResult("down", "Unavailable.")
    finally:
        connection.close()


class Migrations:
    """Once all migrations are applied, this process does not read them again."""

    applied = False

    def count_missing(self) -> int:
        if self.applied:
            return 0
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        self.applied = not plan
        return len(plan)


migrations = Migrations()


def check_redis() -> CheckResult:
    url = settings.REDIS_URL
    if not url:
        return CheckResult("off", "REDIS_URL is not set: each process has its own cache.")
    # redis is slow to import, and a site without Redis does not need it.
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.exceptions import OutOfMemoryError
    from redis.retry import Retry

    try:
        with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            client.set("health", 1, ex=60)
    except OutOfMemoryError:
        return CheckResult("down", "Full: it refuses to store anything.")
    except RedisError:
        return CheckResult("down", "Unavailable.")
    return CheckResult("up", "Redis")


register("database", check_database)
register("redis", check_redis)
