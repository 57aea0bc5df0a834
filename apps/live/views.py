from typing import Any, cast

from django.conf import settings
from rest_framework import serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import SignIn, User
from apps.accounts.tokens import CLAIM
from apps.live.models import LIFETIME
from apps.live.tickets import issue_ticket


class TicketSerializer(serializers.Serializer):
    ticket = serializers.CharField(help_text="For `?ticket=` of one WebSocket, once.")
    expires_in = serializers.IntegerField(help_text="Seconds.")
    url = serializers.CharField(help_text="Where the WebSockets are, such as wss://live.example.com.")


class TicketView(APIView):
    serializer_class = None
    answers = {201: TicketSerializer}

    def post(self, request: Request) -> Response:
        """Get a ticket that opens one WebSocket as you."""
        ticket = issue_ticket(user=cast(User, request.user), **signed_in_with(request))
        answer = {"ticket": ticket, "expires_in": LIFETIME.seconds, "url": address(request)}
        return Response(answer, status.HTTP_201_CREATED)


def signed_in_with(request: Request) -> dict[str, Any]:
    """What the socket will live as long as."""
    token: Any = request.auth
    if not token:
        return {"session_key": request.session.session_key or ""}
    claim = token.get(CLAIM)
    sign_in = SignIn.objects.open().filter(pk=claim).first() if claim else None
    if claim and not sign_in:
        raise AuthenticationFailed("This sign-in has ended.", "token_not_valid")
    return {"sign_in": sign_in}


def address(request: Request) -> str:
    scheme = "wss" if request.is_secure() else "ws"
    return settings.WEBSOCKET_URL or f"{scheme}://{request.get_host()}"
