"""All errors of the API have the same format: docs/api.md describes it."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from config.logs import log_context

logger = logging.getLogger(__name__)

# Errors outside of API views: their code and message.
ERRORS = {
    400: ("bad_request", "The request is invalid."),
    403: ("permission_denied", "You do not have permission to do this."),
    404: ("not_found", "Not found. /api/v1/ lists all endpoints."),
    413: ("too_large", "The request body is too large."),
    429: ("throttled", "Too many attempts. Try again later."),
    500: ("error", "Internal server error."),
    503: ("unavailable", "The service is temporarily unavailable. Try again later."),
}


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code, default_detail = ERRORS[413]


def error_body(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    context = log_context.get()
    request_id = context.request_id if context else None
    return {"error": {"code": code, "message": message, "fields": fields or {}, "request_id": request_id}}


def json_error(request: HttpRequest, status: int) -> JsonResponse:
    return JsonResponse(error_body(*ERRORS[status]), status=status)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework calls this. Without a response, Django logs the exception and answers 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RecursionError):
        # JSON that is nested thousands of levels deep, or a bug: log it.
        logger.warning("Recursion error in an API request", exc_info=error)
        error = exceptions.ParseError("The request is nested too deeply.")
    elif isinstance(error, DataError):
        # The database cannot store or compare a value, for example a date that is out of range.
        logger.warning("Invalid value in an API request", exc_info=error)
        error = exceptions.ParseError("A value is out of range.")
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {"WWW-Authenticate": getattr(error, "auth_header", None), "Retry-After": getattr(error, "wait", None)}
    return Response(
        exception_body(error),
        error.status_code,
        headers={name: str(value) for name, value in headers.items() if value},
    )


def exception_body(error: exceptions.APIException) -> dict[str, Any]:
    detail = error.detail
    if isinstance(error, exceptions.ValidationError):
        fields = dict(field_errors(detail))
        messages = fields.pop("", ["Some fields are invalid."])
        return error_body("invalid", " ".join(messages), fields)
    if isinstance(detail, dict):
        # Exceptions of simplejwt.
        return error_body(str(detail.get("code", error.default_code)), str(detail.get("detail", error.default_detail)))
    return error_body(str(getattr(detail, "code", error.default_code)), str(detail))


def field_errors(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Errors by path, such as `items.0.name`. The path of errors that belong to no field is empty."""
    if isinstance(detail, dict):
        items = list(detail.items())
    elif isinstance(detail, list) and any(isinstance(value, dict | list) for value in detail):
        items = list(enumerate(detail))
    else:
        yield path, [str(message) for message in (detail if isinstance(detail, list) else [detail])]
        return
    for name, value in items:
        item_path = f"{path}.{name}" if path else str(name)
        yield from field_errors(value, path if name == api_settings.NON_FIELD_ERRORS_KEY else item_path)
