"""One shape for every failure of the API."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from config.logs import log_context

logger = logging.getLogger(__name__)

WHOLE = api_settings.NON_FIELD_ERRORS_KEY
MESSAGES = {
    400: ("bad_request", "This request cannot be understood."),
    403: ("permission_denied", "You may not do this."),
    404: ("not_found", "There is nothing here."),
    413: ("too_large", "This is larger than we take."),
    429: ("throttled", "Too many attempts. Try again later."),
    500: ("error", "Something went wrong on our side. We have been told."),
}


class ErrorSerializer(serializers.Serializer):
    """What went wrong: `code` for programs, `message` for people, `fields` where it is about what was sent."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))  # type: ignore[assignment]
    request_id = serializers.CharField(allow_null=True)


class FailureSerializer(serializers.Serializer):
    error = ErrorSerializer()


def shape(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    context = log_context.get()
    return {
        "error": {
            "code": code,
            "message": message,
            "fields": fields or {},
            "request_id": context.request_id if context else None,
        }
    }


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What it doesn't know is a bug, and goes on to Django's 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RecursionError):
        # Brackets within brackets, thousands deep, in a body or in a token; or a bug of ours, so log it.
        logger.warning("This recursion went too deep", exc_info=error)
        error = exceptions.ParseError("This is nested too deeply.")
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {"WWW-Authenticate": getattr(error, "auth_header", None), "Retry-After": getattr(error, "wait", None)}
    given = {name: str(value) for name, value in headers.items() if value}
    return Response(body(error), error.status_code, headers=given)


def body(error: exceptions.APIException) -> dict[str, Any]:
    detail = error.detail
    if isinstance(error, exceptions.ValidationError):
        fields = dict(flat(detail))
        # What is wrong with the whole is no field's fault.
        whole = fields.pop("", ["Some of what you sent is not valid."])
        return shape("invalid", " ".join(whole), fields)
    if isinstance(detail, dict):
        # simplejwt's own errors.
        return shape(str(detail.get("code", error.default_code)), str(detail.get("detail", error.default_detail)))
    return shape(str(getattr(detail, "code", error.default_code)), str(detail))


def flat(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Errors by the field's path, however deep: `items.0.name`. The path of the whole is empty."""
    if isinstance(detail, dict):
        parts = list(detail.items())
    elif isinstance(detail, list) and any(isinstance(value, dict | list) for value in detail):
        parts = list(enumerate(detail))
    else:
        yield path, [str(message) for message in (detail if isinstance(detail, list) else [detail])]
        return
    for name, value in parts:
        inner = f"{path}.{name}" if path else str(name)
        yield from flat(value, path if name == WHOLE else inner)


def json_error(request: HttpRequest, status: int) -> JsonResponse:
    return JsonResponse(shape(*MESSAGES[status]), status=status)
