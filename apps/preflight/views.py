from typing import cast
from uuid import uuid4

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.api.throttles import PerAction


class IsStaffOrDevelopment(BasePermission):
    """Without a second factor, because scripts test a site with an account, and no data can be read here."""

    message = "Only staff may start the preflight."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return settings.DEBUG or cast(User, request.user).is_staff


class PreflightSerializer(serializers.Serializer):
    id = serializers.CharField(help_text="The id of this run. Its updates have the same id.")


class PreflightView(APIView):
    permission_classes = (IsAuthenticated, IsStaffOrDevelopment)
    throttle_classes = (PerAction,)
    throttle_scope = "preflight"

    @extend_schema(request=None, responses={202: PreflightSerializer})
    def post(self, request: Request) -> Response:
        """Check the site in a background task. It sends its steps and its result over `/ws/updates/`."""
        from apps.preflight.tasks import run_preflight  # here, because Celery is slow to import

        run_id = uuid4().hex
        run_preflight.delay_on_commit(request.user.pk, run_id)
        return Response({"id": run_id}, status.HTTP_202_ACCEPTED)
