"""The template's tests use the fixtures of the site's tests."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.tasks import queue
from tests.conftest import *


@pytest.fixture(autouse=True)
def empty_redis(fresh_cache: None) -> Iterator[None]:
    """Queues and messages of other tests."""
    yield
    if settings.configured and settings.REDIS_URL.startswith("redis"):
        with queue.client() as redis:
            redis.flushdb()
