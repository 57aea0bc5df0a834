"""Rooms, for their members. For everybody else a room does not exist (404)."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as InvalidValue
from django.shortcuts import get_object_or_404
from rest_framework import generics
from rest_framework.exceptions import ValidationError

from apps.accounts.models import User
from apps.chat import services
from apps.chat.models import Member, Message, Room
from apps.chat.serializers import MemberSerializer, MessageSerializer, RoomSerializer


class RoomMixin(generics.GenericAPIView):
    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def room(self) -> Room:
        return get_object_or_404(Room.objects.of(self.user), pk=self.kwargs["pk"])

    def owned_room(self) -> Room:
        room = self.room()
        if not room.members.filter(user=self.user, is_owner=True).exists():
            raise PermissionDenied
        return room


class RoomListView(generics.ListCreateAPIView, RoomMixin):
    """Your rooms, newest first. You own the rooms that you create."""

    serializer_class = RoomSerializer
    queryset = Room.objects.none()

    def get_queryset(self) -> Any:
        return Room.objects.of(self.user)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.create_room(owner=self.user, **serializer.validated_data)


class RoomView(generics.RetrieveAPIView, RoomMixin):
    """One of your rooms."""

    serializer_class = RoomSerializer

    def get_object(self) -> Any:
        return self.room()


class MemberListView(generics.ListCreateAPIView, RoomMixin):
    """The members of a room. Its owner may add others."""

    serializer_class = MemberSerializer
    queryset = Member.objects.none()

    def get_queryset(self) -> Any:
        return self.room().members.select_related("user")

    def perform_create(self, serializer: Any) -> None:
        try:
            serializer.instance = services.add_member(room=self.owned_room(), **serializer.validated_data)
        except InvalidValue as error:
            raise ValidationError({"user": error.messages}) from error


class MemberView(generics.DestroyAPIView, RoomMixin):
    """Leave a room, or remove a member from a room that you own."""

    serializer_class = MemberSerializer
    queryset = Member.objects.none()

    def get_object(self) -> Any:
        room = self.room() if self.kwargs["user_id"] == self.user.pk else self.owned_room()
        return get_object_or_404(room.members, user=self.kwargs["user_id"])


class MessageListView(generics.ListCreateAPIView, RoomMixin):
    """The messages of a room, newest first."""

    serializer_class = MessageSerializer
    queryset = Message.objects.none()

    def get_queryset(self) -> Any:
        return self.room().messages.select_related("author")

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.post_message(
            room=self.room(), author=self.user, text=serializer.validated_data["text"]
        )
