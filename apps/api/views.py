from collections.abc import Iterator
from threading import Lock
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, get_resolver, get_script_prefix, resolve
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.errors import json_error

PREFIX = "/api/v1/"


class RootView(APIView):
    """List all endpoints below /api/v1/ whose path has no parameter."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def get(self, request: Request) -> Response:
        paths = sorted({path for path in url_paths(get_resolver().url_patterns) if path.startswith(PREFIX)} - {PREFIX})
        script = get_script_prefix().rstrip("/")
        return Response({path[len(PREFIX) :].strip("/"): request.build_absolute_uri(script + path) for path in paths})


def url_paths(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """The paths of all URL patterns without parameters."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from url_paths(pattern.url_patterns, route)
        elif "<" not in (path := simplify_regex(route)):
            yield path


class SchemaView(SpectacularAPIView):
    schema = None
    # drf-spectacular cannot generate two schemas at the same time.
    lock = Lock()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self.lock:
            return super().get(request, *args, **kwargs)


class DocsView(SpectacularSwaggerSplitView):
    """An interactive page. Swagger UI needs inline styles, and everything else comes from this site."""

    schema = None
    # OPTIONS would need a template.
    metadata_class = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponseBase:
    """Answer 404 in the format of the API. If only the last slash is missing, call the view of the URL with a slash.

    A redirect would lose the body of a POST request. Views that rely on Django's CSRF check get one.
    """
    if request.path_info.endswith("/"):
        return json_error(request, 404)
    match = resolve(f"{request.path_info}/")
    if match.func is not_found:
        return json_error(request, 404)
    if getattr(match.func, "csrf_exempt", False):
        return match.func(request, *match.args, **match.kwargs)
    return redirect(request.get_full_path(force_append_slash=True))
