"""The template's tests use the fixtures of the site's tests."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection

from apps.tasks import queue
from tests.conftest import *


@pytest.fixture(autouse=True)
def empty_redis(fresh_cache: None) -> Iterator[None]:
    """Queues and messages of other tests."""
    yield
    if settings.configured and settings.REDIS_URL.startswith("redis"):
        with queue.client() as redis:
            redis.flushdb()


@pytest.fixture
def simultaneously() -> Callable[[Callable[[int], int]], list[int]]:
    """Call a function with 0, 1, 2 and 3 in four threads at the same time, and return its sorted results."""

    def call(function: Callable[[int], int]) -> list[int]:
        start = Barrier(4)

        def wait_and_call(number: int) -> int:
            start.wait()
            try:
                return function(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            return sorted(pool.map(wait_and_call, range(4)))

    return call
