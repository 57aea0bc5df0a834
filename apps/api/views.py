from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

# The front page of the API, in the order a newcomer wants it.
LISTED = (
    "register",
    "login",
    "refresh",
    "logout",
    "password-change",
    "password-reset",
    "me",
    "users",
    "schema",
    "docs",
)


class RootView(APIView):
    """What is there."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response({name: request.build_absolute_uri(reverse(name)) for name in LISTED})


class NothingView(APIView):
    """All other addresses below the API's, so that a wrong one is answered in the API's way."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is nothing at this address. /api/v1/ lists what there is.")


class DocsView(SpectacularSwaggerSplitView):
    """The page to try the API on. It draws with styles of its own, and everything else comes from this site."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response
