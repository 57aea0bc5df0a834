"""What every request passes besides Django's own middleware. Written for speed: all of them pay for it."""

import re
from collections.abc import Callable
from os import urandom
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from apps.pages.errors import refuse
from config.logs import Context, current, was_asked_for

SANE_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)


@sync_and_async_middleware
def request_id(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Give each request an id, or keep the caller's: for the log lines, and for the caller to quote."""

    def begin(request: HttpRequest) -> Context:
        given = request.META.get("HTTP_X_REQUEST_ID")
        context = Context(given if given and SANE_ID.fullmatch(given) else urandom(16).hex(), request)
        # The server writes its access log after we are done.
        request.META["request.context"] = context
        return context

    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            context = begin(request)
            token = current.set(context)
            try:
                response = await get_response(request)
            finally:
                current.reset(token)
            response.headers["X-Request-ID"] = context.request_id
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        context = begin(request)
        token = current.set(context)
        try:
            response = get_response(request)
        finally:
            current.reset(token)
        response.headers["X-Request-ID"] = context.request_id
        return response

    return answer


class LazyMessageMiddleware(MessageMiddleware):
    """Django's own, which opens the messages of each request; this one of those that ask for them."""

    def process_request(self, request: HttpRequest) -> None:
        request._messages = SimpleLazyObject(lambda: default_storage(request))  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if was_asked_for(request.__dict__.get("_messages")):
            return super().process_response(request, response)
        return response


@sync_and_async_middleware
def limit_body(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Refuse what is too large before anybody reads it: Django's own limit leaves out files, and JSON in the API."""

    def too_large(request: HttpRequest) -> bool:
        length = request.META.get("CONTENT_LENGTH") or ""
        return length.isdigit() and int(length) > settings.MAX_BODY_SIZE

    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return refuse(request, 413) if too_large(request) else await get_response(request)

        return answer_async

    return lambda request: refuse(request, 413) if too_large(request) else get_response(request)


@sync_and_async_middleware
def browser_policies(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Tell browsers what pages may load and use. A view that needs more sets its own header."""
    content = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.CONTENT_SECURITY_POLICY.items())
    permissions = ", ".join(f"{feature}=()" for feature in settings.DENIED_BROWSER_FEATURES)

    def finish(response: HttpResponseBase) -> HttpResponseBase:
        # Django's own pages for developers hold their styles within.
        if not settings.DEBUG or response.status_code not in (404, 500):
            response.headers.setdefault("Content-Security-Policy", content)
        response.headers.setdefault("Permissions-Policy", permissions)
        return response

    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return finish(await get_response(request))

        return answer_async

    return lambda request: finish(get_response(request))
