"""How often a client may call: counted in fixed windows, with one question to the cache each."""

import time
from functools import cache as remembered
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from config.client_ip import client_ip

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class PerClient(BaseThrottle):
    """Counts a user, or the address of somebody who isn't signed in."""

    def allow_request(self, request: Request, view: Any) -> bool:
        scope, who = self.counted(request, view)
        limit, period = parsed(api_settings.DEFAULT_THROTTLE_RATES[scope])
        window, passed = divmod(time.time(), period)
        self.left = period - passed
        return count(f"throttle:{scope}:{who}:{window:.0f}", period) <= limit

    def counted(self, request: Request, view: Any) -> tuple[str, str]:
        if request.user and request.user.is_authenticated:
            return "user", str(request.user.pk)
        return "anonymous", client_ip(request._request)

    def wait(self) -> float:
        return self.left


class PerAction(PerClient):
    """Counts under the view's own `throttle_scope`: for what must not be tried again and again."""

    def counted(self, request: Request, view: Any) -> tuple[str, str]:
        return view.throttle_scope, ":".join(super().counted(request, view))


def count(key: str, period: int) -> int:
    try:
        return cache.incr(key)
    except ValueError:
        # Somebody else may have been first in between.
        return 1 if cache.add(key, 1, period) else cache.incr(key)


@remembered
def parsed(rate: str) -> tuple[int, int]:
    number, period = rate.split("/")
    return int(number), SECONDS[period[0]]
