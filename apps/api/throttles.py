"""Rate limits. They count in fixed windows, with one atomic cache operation for each request."""

import time
from functools import cache as memoize
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from config.client_ip import client_ip

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class PerClient(BaseThrottle):
    """Limit each user, or each IP address without authentication."""

    def allow_request(self, request: Request, view: Any) -> bool:
        is_allowed, self.remaining = count_request(*self.scope_and_client(request, view))
        return is_allowed

    def scope_and_client(self, request: Request, view: Any) -> tuple[str, str]:
        if request.user and request.user.is_authenticated:
            return "user", str(request.user.pk)
        return "anon", client_ip(request._request)

    def wait(self) -> float:
        return self.remaining


class PerAction(PerClient):
    """Limit each client to the rate of the view's `throttle_scope`."""

    def scope_and_client(self, request: Request, view: Any) -> tuple[str, str]:
        return view.throttle_scope, ":".join(super().scope_and_client(request, view))


def count_request(scope: str, client: str) -> tuple[bool, float]:
    """Count a request. Returns whether the rate of the scope allows it, and the seconds until the count starts again."""
    limit, period = parse_rate(api_settings.DEFAULT_THROTTLE_RATES[scope])
    window, elapsed = divmod(time.time(), period)
    return increment(f"throttle:{scope}:{client}:{window:.0f}", period) <= limit, period - elapsed


def allows_client(scope: str, request: HttpRequest) -> bool:
    """Count a request to a page, together with those to the API's views with this `throttle_scope`."""
    return count_request(scope, f"anon:{client_ip(request)}")[0]


def increment(key: str, timeout: int) -> int:
    try:
        return cache.incr(key)
    except ValueError:
        # Another process may add the key meanwhile.
        return 1 if cache.add(key, 1, timeout) else cache.incr(key)


@memoize
def parse_rate(rate: str) -> tuple[int, int]:
    number, period = rate.split("/")
    return int(number), SECONDS[period[0]]
