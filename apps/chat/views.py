"""Rooms, for their members. For everybody else a room does not exist (404)."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.views import errors_of_field, validated_data
from apps.chat import services
from apps.chat.models import Member, Message, Room
from apps.chat.serializers import InvitationSerializer, MemberSerializer, MessageSerializer, RoomSerializer


class RoomAccess:
    """For the views of the API and of the pages."""

    request: Any
    kwargs: dict[str, Any]

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @cached_property
    def room(self) -> Room:
        return get_object_or_404(Room.objects.of(self.user), pk=self.kwargs["pk"])

    def owned_room(self) -> Room:
        room = self.room
        if not room.members.filter(user=self.user, is_owner=True).exists():
            raise PermissionDenied
        return room

    def removable_member(self) -> Member:
        """You, or a member of a room that you own."""
        room = self.room if self.kwargs["user_id"] == self.user.pk else self.owned_room()
        return get_object_or_404(room.members, user=self.kwargs["user_id"])


class RoomListView(RoomAccess, generics.ListCreateAPIView):
    """Your rooms, newest first. You own the rooms that you create."""

    serializer_class = RoomSerializer
    queryset = Room.objects.none()

    def get_queryset(self) -> Any:
        return Room.objects.of(self.user)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.create_room(owner=self.user, **serializer.validated_data)


class RoomView(RoomAccess, generics.RetrieveAPIView):
    """One of your rooms."""

    serializer_class = RoomSerializer

    def get_object(self) -> Any:
        return self.room


class InvitationView(RoomAccess, generics.GenericAPIView):
    serializer_class = InvitationSerializer

    @extend_schema(request=None, responses={201: InvitationSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Get a token to join a room that you own. Send it to the people whom you invite."""
        return Response({"token": services.invite(room=self.owned_room())}, status.HTTP_201_CREATED)

    def delete(self, request: Request, pk: int) -> Response:
        """End all invitations to a room that you own."""
        services.end_invitations(room=self.owned_room())
        return Response(status=status.HTTP_204_NO_CONTENT)


class JoinView(RoomAccess, generics.GenericAPIView):
    serializer_class = InvitationSerializer

    @extend_schema(responses=RoomSerializer)
    def post(self, request: Request) -> Response:
        """Accept an invitation. Joining a room twice has no effect."""
        with errors_of_field("token"):
            room = services.join_room(user=self.user, **validated_data(self))
        return Response(RoomSerializer(room).data)


class MemberListView(RoomAccess, generics.ListAPIView):
    """The members of a room."""

    serializer_class = MemberSerializer
    queryset = Member.objects.none()

    def get_queryset(self) -> Any:
        return self.room.members.select_related("user")


class MemberView(RoomAccess, generics.DestroyAPIView):
    """Leave a room, or remove a member from a room that you own, which ends its invitations."""

    serializer_class = MemberSerializer
    queryset = Member.objects.none()

    def get_object(self) -> Any:
        return self.removable_member()

    def perform_destroy(self, instance: Any) -> None:
        services.remove_member(member=instance, by=self.user)


class MessageListView(RoomAccess, generics.ListCreateAPIView):
    """The messages of a room, newest first."""

    serializer_class = MessageSerializer
    queryset = Message.objects.none()

    def get_queryset(self) -> Any:
        return self.room.messages.select_related("author")

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.post_message(
            room=self.room, author=self.user, text=serializer.validated_data["text"]
        )
