"""Rooms and messages. The callers check that a user is a member."""

from datetime import timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.chat.events import MessagePosted
from apps.chat.models import Member, Message, Room
from apps.live.publish import publish

# One request lists them all.
MAX_MEMBERS = 500
INVITATION_LIFETIME = timedelta(days=7)
INVITATION_SALT = "chat.invitation"


@transaction.atomic
def create_room(*, name: str, owner: User) -> Room:
    room = Room.objects.create(name=name)
    Member.objects.create(room=room, user=owner, is_owner=True)
    return room


def invite(*, room: Room) -> str:
    """A token to join the room, for everybody who has it. Nobody becomes a member without joining."""
    return signing.dumps([room.pk, room.invitation_number], salt=INVITATION_SALT)


def end_invitations(*, room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(invitation_number=F("invitation_number") + 1)


@transaction.atomic
def join_room(*, user: User, token: str) -> Room:
    """Joining twice changes nothing."""
    try:
        room_id, number = signing.loads(token, salt=INVITATION_SALT, max_age=INVITATION_LIFETIME)
        room = Room.objects.select_for_update().get(pk=room_id, invitation_number=number)
    except (signing.BadSignature, Room.DoesNotExist):
        raise ValidationError("This invitation has expired. Ask for a new one.") from None
    add_member(room=room, user=user)
    return room


@transaction.atomic
def add_member(*, room: Room, user: User) -> Member:
    Room.objects.select_for_update().get(pk=room.pk)
    member = room.members.filter(user=user).first()
    if member:
        return member
    if room.members.count() >= MAX_MEMBERS:
        raise ValidationError(f"A room has {MAX_MEMBERS} members at most.")
    return Member.objects.create(room=room, user=user)


@transaction.atomic
def remove_member(*, member: Member, by: User) -> None:
    """Users who leave can come back with an earlier invitation. A member whom somebody else removes cannot."""
    if member.user_id != by.pk:
        end_invitations(room=member.room)
    member.delete()


@transaction.atomic
def post_message(*, room: Room, author: User, text: str) -> Message:
    # One at a time: ids then rise in the order of the commits, and `since` misses no message.
    Room.objects.select_for_update().get(pk=room.pk)
    message = Message(room=room, author=author, text=text.strip())
    message.full_clean(exclude=["room", "author"])
    message.save()
    publish(room_group(room.pk), MessagePosted.of(message))
    return message


def room_group(room_id: int) -> str:
    return f"room.{room_id}"
