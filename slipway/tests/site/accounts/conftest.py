from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests.test_accounts import tokens as tokens


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
