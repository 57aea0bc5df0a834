from typing import cast

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.api.throttles import PerAction
from apps.preflight.services import start_preflight


class StartedSerializer(serializers.Serializer):
    id = serializers.CharField(help_text="Of this run: all that is told of it bears the same.")


class PreflightView(APIView):
    throttle_classes = (PerAction,)
    throttle_scope = "preflight"
    serializer_class = None
    answers = {202: StartedSerializer}

    def post(self, request: Request) -> Response:
        """Have a worker check the site. It tells you of each step, and of the result, over `/ws/updates/`."""
        return Response({"id": start_preflight(user=cast(User, request.user))}, status.HTTP_202_ACCEPTED)
