"""The root of the API, its OpenAPI schema, a page to try it, and the error for unknown paths."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.schemas.generators import EndpointEnumerator
from rest_framework.views import APIView


class RootView(APIView):
    """The endpoints whose paths have no parameters, from the URL configuration."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def get(self, request: Request) -> Response:
        root = request.path_info
        paths = {
            path.removeprefix(root) for path, *_ in EndpointEnumerator().get_api_endpoints() if path.startswith(root)
        }
        endpoints = {path.strip("/"): request.build_absolute_uri(path) for path in sorted(paths) if "{" not in path}
        described = {name: request.build_absolute_uri(f"../{name}/") for name in ("schema", "docs")}
        return Response(endpoints | described)


class SchemaView(SpectacularAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI, with files of this site only. It needs inline styles."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response


class NotFoundView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no endpoint at this path. /api/v1/ lists all endpoints.")


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponseBase:
    """Return an API error for an unknown path below /api/.

    If only the trailing slash is missing, call the view: a redirect would lose the body of a POST.
    """
    match = resolve(f"{request.path_info}/")
    if request.path_info.endswith("/") or match.func is not_found:
        return NotFoundView.as_view()(request)
    return match.func(request, *match.args, **match.kwargs)
