from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from apps.health.views import live, ready, report

ADDRESSES = {"/health/": ready, "/health/live/": live, "/api/health/": report}
# With or without the slash at the end.
PROBES: dict[str, Callable[[HttpRequest], HttpResponseBase]] = {
    spelling: view for path, view in ADDRESSES.items() for spelling in (path, path.rstrip("/"))
}


@sync_and_async_middleware
def answer_probes(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer probes before anything asks for their Host: platforms send any, and take a 400 for a failure."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            probe = PROBES.get(request.path_info)
            return await (sync_to_async(probe)(request) if probe else get_response(request))

        return answer_async

    return lambda request: PROBES.get(request.path_info, get_response)(request)
