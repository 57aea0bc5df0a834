from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.notifications.api.filters import NotificationFilter
from apps.notifications.api.serializers import MarkedSerializer, NotificationSerializer
from apps.notifications.models import Notification
from apps.notifications.services import mark_read


class OwnNotifications(generics.GenericAPIView):
    serializer_class: Any = NotificationSerializer
    # For the schema, which looks at views that nobody asks anything.
    queryset = Notification.objects.none()

    def get_queryset(self) -> Any:
        return Notification.objects.filter(user=self.request.user.pk)


class NotificationListView(generics.ListAPIView, OwnNotifications):
    """Your notifications, newest first."""

    filterset_class = NotificationFilter
    ordering_fields = ("created_at",)


class NotificationView(generics.RetrieveAPIView, OwnNotifications):
    """One of your notifications. Looking at it does not mark it as read."""


class ReadView(APIView):
    @extend_schema(request=None, responses={200: NotificationSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Mark one of your notifications as read. Doing it twice does no harm."""
        user = cast(User, request.user)
        notification = get_object_or_404(user.notifications, pk=pk)
        mark_read(user=user, ids=[pk])
        notification.refresh_from_db()
        return Response(NotificationSerializer(notification).data)


class AllReadView(APIView):
    @extend_schema(request=None, responses={200: MarkedSerializer})
    def post(self, request: Request) -> Response:
        """Mark all your notifications as read."""
        return Response({"marked": mark_read(user=cast(User, request.user))})
