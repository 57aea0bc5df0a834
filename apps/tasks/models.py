from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now
from django.utils import timezone


class OutboxTask(models.Model):
    """A task that is sent when it is due, then deleted."""

    task = models.CharField(max_length=200)
    arguments = models.JSONField()
    options = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    user_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    # The database has the default for the previous version of the site, which still runs during a deploy.
    due_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return self.task


class FailedTask(models.Model):
    """A task that failed for good, or that the worker did not know."""

    task = models.CharField(max_length=200)
    task_id = models.CharField(max_length=64, unique=True)
    arguments = models.JSONField(null=True, help_text="Empty if the arguments are secret.")
    error = models.TextField()
    request_id = models.CharField(max_length=64, blank=True)
    user_id = models.BigIntegerField(null=True)
    failed_at = models.DateTimeField(default=timezone.now, db_index=True)
    sent_again_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-failed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.task} {self.task_id}"


# A slot that is further in the future comes from a wrong clock.
MAX_CLOCK_ERROR = timedelta(minutes=1)


class PeriodicRun(models.Model):
    """The last slot of the schedule whose task has run: the lock that makes a second beat harmless."""

    name = models.CharField(primary_key=True, max_length=100)
    slot = models.DateTimeField()
    task_id = models.CharField(max_length=64)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} at {self.slot:%Y-%m-%d %H:%M}"

    @classmethod
    def claim(cls, *, name: str, slot: datetime, task_id: str) -> bool:
        """Whether this task may run for the slot. The same task may claim again: its first worker may be dead."""
        latest = timezone.now() + MAX_CLOCK_ERROR
        if slot > latest:
            return False
        replaceable = models.Q(slot__lt=slot) | models.Q(slot__gt=latest)
        if cls.objects.filter(replaceable, name=name).update(slot=slot, task_id=task_id):
            return True
        if cls.objects.filter(name=name).exists():
            return cls.objects.filter(name=name, slot=slot, task_id=task_id).exists()
        try:
            with transaction.atomic():
                cls.objects.create(name=name, slot=slot, task_id=task_id)
        except IntegrityError:
            return cls.claim(name=name, slot=slot, task_id=task_id)
        return True
