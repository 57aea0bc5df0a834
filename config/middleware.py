"""Request ids and browser policies. Plain functions instead of MiddlewareMixin: each request passes through them."""

import re
from collections.abc import Callable
from os import urandom
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from config.logs import LogContext, log_context

VALID_REQUEST_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)


@sync_and_async_middleware
def request_id(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Give each request an id, or keep a valid X-Request-ID of the client. Log lines and the response contain it."""

    def make_context(request: HttpRequest) -> LogContext:
        given = request.META.get("HTTP_X_REQUEST_ID")
        context = LogContext(given if given and VALID_REQUEST_ID.fullmatch(given) else urandom(16).hex(), request)
        # gunicorn writes its access log after this middleware has finished.
        request.META["log_context"] = context
        return context

    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            context = make_context(request)
            token = log_context.set(context)
            try:
                response = await get_response(request)
            finally:
                log_context.reset(token)
            response.headers["X-Request-ID"] = context.request_id
            return response

        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponseBase:
        context = make_context(request)
        token = log_context.set(context)
        try:
            response = get_response(request)
        finally:
            log_context.reset(token)
        response.headers["X-Request-ID"] = context.request_id
        return response

    return middleware


@sync_and_async_middleware
def browser_policies(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Set Content-Security-Policy, Permissions-Policy and Cross-Origin-Resource-Policy, unless the view has set its own."""
    content = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.CONTENT_SECURITY_POLICY.items())
    permissions = ", ".join(f"{feature}=()" for feature in settings.DENIED_BROWSER_FEATURES)
    files = (settings.STATIC_URL, settings.MEDIA_URL)

    def add_headers(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Django's debug pages use inline styles.
        if not settings.DEBUG or response.status_code not in (404, 500):
            response.headers.setdefault("Content-Security-Policy", content)
        response.headers.setdefault("Permissions-Policy", permissions)
        # Frontends on other origins and web mail may embed static and uploaded files.
        embedding = "cross-origin" if request.path_info.startswith(files) else "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", embedding)
        return response

    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            return add_headers(request, await get_response(request))

        return async_middleware

    return lambda request: add_headers(request, get_response(request))
