"""Rooms and messages. The callers check that a user is a member."""

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import User
from apps.chat.events import MessagePosted
from apps.chat.models import Member, Message, Room
from apps.live.publish import publish

# One request lists them all.
MAX_MEMBERS = 500


@transaction.atomic
def create_room(*, name: str, owner: User) -> Room:
    room = Room.objects.create(name=name)
    Member.objects.create(room=room, user=owner, is_owner=True)
    return room


@transaction.atomic
def add_member(*, room: Room, user_id: int) -> Member:
    """Adding somebody twice changes nothing."""
    Room.objects.select_for_update().get(pk=room.pk)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if not user:
        raise ValidationError("This user does not exist.")
    member = room.members.filter(user=user).first()
    if member:
        return member
    if room.members.count() >= MAX_MEMBERS:
        raise ValidationError(f"A room has {MAX_MEMBERS} members at most.")
    return Member.objects.create(room=room, user=user)


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
