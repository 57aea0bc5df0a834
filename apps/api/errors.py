"""One shape for every failure of the API."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config.logs import current

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


def shape(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    context = current.get()
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
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if isinstance(error, exceptions.Throttled) and error.wait:
        headers["Retry-After"] = str(int(error.wait) + 1)
    return Response(body(error), error.status_code, headers=headers)


def body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return shape("invalid", "Some of what you sent is not valid.", flat(error.detail))
    detail = error.detail
    if isinstance(detail, dict):
        # simplejwt's own errors.
        return shape(str(detail.get("code", error.default_code)), str(detail.get("detail", error.default_detail)))
    return shape(str(getattr(detail, "code", error.default_code)), str(detail))


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Errors by the field's path, however deep: `{"items.0.name": ["..."]}`; those of no field under `""`."""
    if isinstance(detail, dict):
        parts = [(f"{path}.{name}" if path else name, value) for name, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(value, dict | list) for value in detail):
        parts = [(f"{path}.{index}" if path else str(index), value) for index, value in enumerate(detail)]
    else:
        return {path: [str(message) for message in (detail if isinstance(detail, list) else [detail])]}
    return {name: messages for key, value in parts for name, messages in flat(value, key).items()}


def json_error(request: HttpRequest, status: int) -> JsonResponse:
    return JsonResponse(shape(*MESSAGES[status]), status=status)
