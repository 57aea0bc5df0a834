from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve, reverse
from django.views.decorators.csrf import csrf_exempt
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
    "notifications",
    "schema",
    "docs",
    # Channels
    "ws-ticket",
    # Chat
    "rooms",
    # Celery, Channels
    "preflight",
)


class RootView(APIView):
    """What is there."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def get(self, request: Request) -> Response:
        return Response({name: request.build_absolute_uri(reverse(name)) for name in LISTED})


class NothingView(APIView):
    """All other addresses below the API's, so that a wrong one is answered in the API's way."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is nothing at this address. /api/v1/ lists what there is.")


@csrf_exempt
def elsewhere(request: HttpRequest) -> HttpResponseBase:
    """Clients forget the slash at the end, and a redirect would lose what they posted."""
    match = resolve(f"{request.path_info}/")
    if request.path_info.endswith("/") or match.func is elsewhere:
        return NothingView.as_view()(request)
    return match.func(request, *match.args, **match.kwargs)


# drf-spectacular takes long to import, and few requests need it.
def schema(request: HttpRequest) -> HttpResponseBase:
    from apps.api.docs import SchemaView

    return SchemaView.as_view()(request)


def docs(request: HttpRequest) -> HttpResponseBase:
    from apps.api.docs import DocsView

    return DocsView.as_view()(request)
