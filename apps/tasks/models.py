from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.utils import timezone


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def unsent(self) -> "DeadLetterQuerySet":
        """Kept while the queue was away: they go out as soon as it is back."""
        return self.filter(kind=DeadLetter.Kind.UNSENT, sent_again_at=None)


class DeadLetter(models.Model):
    """A task that failed for good, or that the queue could not take."""

    class Kind(models.TextChoices):
        FAILED = "failed"
        UNKNOWN = "unknown to the worker"
        UNSENT = "not sent"

    kind = models.CharField(max_length=30, choices=Kind)
    task = models.CharField(max_length=200)
    task_id = models.CharField(max_length=64, db_index=True)
    arguments = models.JSONField(null=True, help_text="Empty where they are secret.")
    error = models.TextField()
    request_id = models.CharField(max_length=64, blank=True)
    user_id = models.BigIntegerField(null=True)
    happened_at = models.DateTimeField(default=timezone.now, db_index=True)
    sent_again_at = models.DateTimeField(null=True)

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.task} {self.task_id}"

    @property
    def can_be_sent_again(self) -> bool:
        return self.arguments is not None


class PeriodicRun(models.Model):
    """The last slot of the schedule for which a task was run: the lock that makes two beats do no harm."""

    name = models.CharField(primary_key=True, max_length=100)
    slot = models.DateTimeField()
    task_id = models.CharField(max_length=64)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.slot:%Y-%m-%d %H:%M}"

    @classmethod
    def claim(cls, *, name: str, slot: datetime, task_id: str) -> bool:
        """Whether this task may do the work of that slot. The same task may again: its first worker may be dead."""
        if cls.objects.filter(name=name, slot__lt=slot).update(slot=slot, task_id=task_id):
            return True
        if cls.objects.filter(name=name).exists():
            return cls.objects.filter(name=name, slot=slot, task_id=task_id).exists()
        try:
            with transaction.atomic():
                cls.objects.create(name=name, slot=slot, task_id=task_id)
        except IntegrityError:
            return cls.claim(name=name, slot=slot, task_id=task_id)
        return True
