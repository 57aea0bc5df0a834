"""Pages for what went wrong. They ask neither the database nor the session: those may be what is broken."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from config.logs import log_context

# What to tell people, by status: a title, and what they can do.
TELLINGS = {
    400: ("This request makes no sense", "Something in it is not as it should be. Go back and try again."),
    403: ("You may not see this", "Perhaps you are signed in as somebody else, or the page was open for too long."),
    404: ("There is nothing here", "The address may be mistyped, or the page has gone."),
    413: ("This is too large", "Try a smaller file."),
    429: ("Too many attempts", "Wait a quarter of an hour, then try again."),
    500: ("Something went wrong", "It is not your fault. We have been told; try again in a moment."),
}


def refuse(request: HttpRequest, status: int) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        # The API brings its framework along, which the pages don't need.
        from apps.api.errors import json_error

        return json_error(request, status)
    title, advice = TELLINGS[status]
    log = log_context.get()
    context = {
        "site_name": settings.SITE_NAME,
        "status": status,
        "title": title,
        "advice": advice,
        # What to look for in the logs, where there is something to be found.
        "request_id": log.request_id if log and status == 500 else "",
    }
    return HttpResponse(render_to_string("pages/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    return refuse(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return refuse(request, 500)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failed sign-ins. axes passes more than we need, and not always the same."""
    return refuse(request, 429)
