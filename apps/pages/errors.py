"""Error pages. They use neither the database nor the session, which may be the cause of the error."""

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from config.logs import log_context

# Title and advice by status code.
ERRORS = {
    400: ("Invalid request", "Go back and try again."),
    403: ("Access denied", "You may need another account, or the page was open for too long."),
    404: ("Page not found", "The address may be mistyped, or the page was removed."),
    413: ("Too large", "Try a smaller file."),
    429: ("Too many attempts", "Wait 15 minutes, then try again."),
    500: ("Server error", "We will look into it. Try again in a moment."),
    503: ("Temporarily unavailable", "Try again in a minute."),
}


def error_response(request: HttpRequest, status: int) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        from apps.api.errors import json_error

        return json_error(request, status)
    title, advice = ERRORS[status]
    log = log_context.get()
    context = {
        "site_name": settings.SITE_NAME,
        "status": status,
        "title": title,
        "advice": advice,
        # Only server errors are in the log.
        "request_id": log.request_id if log and status >= 500 else "",
    }
    return HttpResponse(render_to_string("pages/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    return error_response(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    database_is_unavailable = isinstance(sys.exception(), OperationalError)
    return error_response(request, 503 if database_is_unavailable else 500)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Called by django-axes after too many failed sign-ins."""
    return error_response(request, 429)
