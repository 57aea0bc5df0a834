from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import SignIn, User
from apps.accounts.tokens import CLAIM
from apps.live.models import TICKET_LIFETIME, Ticket

EXAMPLE = {"ticket": "Vd3tD9hFqYw2", "expires_in": 30, "url": "wss://live.example.com"}


@extend_schema_serializer(examples=[OpenApiExample("Ticket", EXAMPLE)])
class TicketSerializer(serializers.Serializer):
    ticket = serializers.CharField(help_text="For `?ticket=` of one WebSocket, once.")
    expires_in = serializers.IntegerField(help_text="Seconds.")
    url = serializers.CharField(help_text="The origin of the WebSockets, such as wss://live.example.com.")


class TicketView(APIView):
    @extend_schema(request=None, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        """Get a ticket that opens one WebSocket as you."""
        ticket = Ticket.objects.issue(user=cast(User, request.user), **authenticated_by(request))
        data = {"ticket": ticket, "expires_in": TICKET_LIFETIME.seconds, "url": websocket_url(request)}
        return Response(data, status.HTTP_201_CREATED)


def authenticated_by(request: Request) -> dict[str, Any]:
    """The session or the sign-in of the request. The WebSocket is closed when it ends."""
    token: Any = request.auth
    if not token:
        return {"session_key": request.session.session_key or ""}
    claim = token.get(CLAIM)
    sign_in = SignIn.objects.active().filter(pk=claim).first() if claim else None
    if claim and not sign_in:
        raise AuthenticationFailed("This sign-in has ended.", "token_not_valid")
    return {"sign_in": sign_in}


def websocket_url(request: Request) -> str:
    scheme = "wss" if request.is_secure() else "ws"
    return settings.WEBSOCKET_URL or f"{scheme}://{request.get_host()}"
