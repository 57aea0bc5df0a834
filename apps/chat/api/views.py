"""Rooms for their members: nobody else learns that there is such a room."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as InvalidValue
from django.shortcuts import get_object_or_404
from rest_framework import generics
from rest_framework.exceptions import ValidationError

from apps.accounts.models import User
from apps.chat import services
from apps.chat.api import serializers as shapes
from apps.chat.models import Member, Message, Room


class InRoom(generics.GenericAPIView):
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


class RoomListView(generics.ListCreateAPIView, InRoom):
    """Your rooms, newest first. Whoever makes one owns it."""

    serializer_class = shapes.RoomSerializer
    queryset = Room.objects.none()

    def get_queryset(self) -> Any:
        return Room.objects.of(self.user)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.create_room(owner=self.user, **serializer.validated_data)


class RoomView(generics.RetrieveAPIView, InRoom):
    """One of your rooms."""

    serializer_class = shapes.RoomSerializer

    def get_object(self) -> Any:
        return self.room()


class MemberListView(generics.ListCreateAPIView, InRoom):
    """Who is in a room. Its owner may add others."""

    serializer_class = shapes.MemberSerializer
    queryset = Member.objects.none()

    def get_queryset(self) -> Any:
        return self.room().members.select_related("user")

    def perform_create(self, serializer: Any) -> None:
        try:
            serializer.instance = services.add_member(room=self.owned_room(), **serializer.validated_data)
        except InvalidValue as error:
            raise ValidationError({"user": error.messages}) from error


class MemberView(generics.DestroyAPIView, InRoom):
    """Leave a room, or remove somebody from one that you own."""

    serializer_class = shapes.MemberSerializer
    queryset = Member.objects.none()

    def get_object(self) -> Any:
        themselves = self.kwargs["user_id"] == self.user.pk
        return get_object_or_404(
            (self.room() if themselves else self.owned_room()).members, user=self.kwargs["user_id"]
        )

    def perform_destroy(self, instance: Any) -> None:
        services.remove_member(member=instance)


class MessageListView(generics.ListCreateAPIView, InRoom):
    """What was said in a room, newest first."""

    serializer_class = shapes.MessageSerializer
    queryset = Message.objects.none()

    def get_queryset(self) -> Any:
        return self.room().messages.select_related("author")

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.post_message(
            room=self.room(), author=self.user, text=serializer.validated_data["text"]
        )
