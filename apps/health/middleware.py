from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from apps.health.views import live, ready, report

URLS = {"/health/": ready, "/health/live/": live, "/api/health/": report}
# With or without the last slash.
PROBES: dict[str, Callable[[HttpRequest], HttpResponseBase]] = {
    path: view for url, view in URLS.items() for path in (url, url.rstrip("/"))
}


@sync_and_async_middleware
def answer_probes(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer health checks before Django checks the host: platforms send any host, and a 400 would be a failure."""
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            probe = PROBES.get(request.path_info)
            return await (sync_to_async(probe)(request) if probe else get_response(request))

        return async_middleware

    return lambda request: PROBES.get(request.path_info, get_response)(request)
