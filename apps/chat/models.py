from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.db.models import F
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from django.utils import timezone

from apps.accounts.export import exporting
from apps.accounts.models import User
from apps.live.publish import check_access


class RoomQuerySet(models.QuerySet["Room"]):
    def of(self, user: User) -> "RoomQuerySet":
        return self.filter(members__user=user)


class Room(models.Model):
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Part of each invitation. A higher number ends all earlier ones.
    invitation_number = models.PositiveIntegerField(db_default=0, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    is_owner = models.BooleanField("owner", default=False, help_text="May invite and remove members.")
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="once_in_a_room")]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"

    @property
    def name(self) -> str:
        return display_name(self.user)


class Message(models.Model):
    MAX_LENGTH = 4000

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
    # Messages stay when the account of their author is deleted.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # PostgreSQL cannot store null characters.
    text = models.TextField(validators=[MaxLengthValidator(MAX_LENGTH), ProhibitNullCharactersValidator()])
    sent_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["room", "-id"], name="messages_of_room")]

    def __str__(self) -> str:
        return self.text[:50]

    @property
    def name(self) -> str:
        return display_name(self.author) if self.author else ""


@receiver(pre_delete, sender=Member)
def lock_room(instance: Member, **kwargs: Any) -> None:
    """Two members who leave at the same time must not make each other the owner."""
    Room.objects.select_for_update().filter(pk=instance.room_id).first()


@receiver(post_delete, sender=Member)
def end_membership(instance: Member, **kwargs: Any) -> None:
    """The member may have left, was removed, or has no account any more. The member who joined first is the next owner."""
    members = Member.objects.filter(room=instance.room_id)
    if not members.filter(is_owner=True).exists() and (successor := members.first()):
        successor.is_owner = True
        successor.save(update_fields=["is_owner"])
    check_access(instance.user_id)


@receiver(exporting)
def export_chat(user: User, **kwargs: Any) -> dict[str, Any]:
    """The user's own messages, also in rooms that the user has left."""
    messages = Message.objects.filter(author=user)
    return {
        "rooms": list(user.memberships.values("is_owner", "joined_at", name=F("room__name"))),
        "messages": list(messages.values("text", "sent_at", room_name=F("room__name"))),
    }


def display_name(user: User) -> str:
    """What other members see: never the e-mail address."""
    return user.name or f"User {user.pk}"
