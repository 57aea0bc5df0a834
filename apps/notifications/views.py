from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.notifications.filters import NotificationFilter
from apps.notifications.models import Notification
from apps.notifications.serializers import MarkedSerializer, NotificationSerializer
from apps.notifications.services import mark_read


class OwnNotifications(generics.GenericAPIView):
    serializer_class: Any = NotificationSerializer
    # The schema needs the model, without a request.
    queryset = Notification.objects.none()

    def get_queryset(self) -> Any:
        return Notification.objects.filter(user=self.request.user.pk)


class NotificationListView(generics.ListAPIView, OwnNotifications):
    """Your notifications, newest first."""

    filterset_class = NotificationFilter
    ordering_fields = ("created_at",)


class NotificationView(generics.RetrieveAPIView, OwnNotifications):
    """One of your notifications. Reading it does not mark it as read."""


class ReadView(APIView):
    @extend_schema(request=None, responses=NotificationSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Mark one of your notifications as read. Calling it again has no effect."""
        user = cast(User, request.user)
        notification = get_object_or_404(user.notifications, pk=pk)
        mark_read(user=user, ids=[pk])
        notification.refresh_from_db()
        return Response(NotificationSerializer(notification).data)


class AllReadView(APIView):
    @extend_schema(request=None, responses=MarkedSerializer)
    def post(self, request: Request) -> Response:
        """Mark all your notifications as read."""
        return Response({"marked": mark_read(user=cast(User, request.user))})
