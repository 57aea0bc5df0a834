from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from apps.pages.errors import error_response


@sync_and_async_middleware
def limit_body_size(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer 413 before a large body is read. DATA_UPLOAD_MAX_MEMORY_SIZE ignores files and the API's JSON."""

    def is_too_large(request: HttpRequest) -> bool:
        length = request.META.get("CONTENT_LENGTH") or ""
        return length.isdigit() and int(length) > settings.MAX_BODY_SIZE

    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            return error_response(request, 413) if is_too_large(request) else await get_response(request)

        return async_middleware

    return lambda request: error_response(request, 413) if is_too_large(request) else get_response(request)
