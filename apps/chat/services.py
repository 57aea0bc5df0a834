"""What rooms can do. That a user is a member is for the caller to know."""

from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import User
from apps.chat.models import Member, Message, Room
from apps.chat.signals import message_posted

# So that one question lists them all.
MOST_MEMBERS = 500


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
        raise ValidationError("There is no such user.")
    member = room.members.filter(user=user).first()
    if member:
        return member
    if room.members.count() >= MOST_MEMBERS:
        raise ValidationError(f"A room has {MOST_MEMBERS} members at most.")
    return Member.objects.create(room=room, user=user)


@transaction.atomic
def remove_member(*, member: Member) -> None:
    """Whoever is left keeps the room: when its owner goes, the eldest member owns it."""
    room = Room.objects.select_for_update().get(pk=member.room_id)
    member.delete()
    if member.is_owner and (heir := room.members.first()):
        heir.is_owner = True
        heir.save(update_fields=["is_owner"])


@transaction.atomic
def post_message(*, room: Room, author: User, text: str) -> Message:
    # One after the other: then ids rise in the order in which messages appear, and nobody misses a late one.
    Room.objects.select_for_update().get(pk=room.pk)
    message = Message(room=room, author=author, text=text.strip())
    message.full_clean(exclude=["room", "author"])
    message.save()
    transaction.on_commit(partial(message_posted.send, Message, message=message), robust=True)
    return message
