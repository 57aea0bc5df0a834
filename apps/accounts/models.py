import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone


class LowercaseEmailField(models.EmailField):
    """Stored and compared in lower case."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Set the value on the instance too."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self.to_python(value)
            setattr(model_instance, self.attname, value)
        return value


class UserQuerySet(models.QuerySet["User"]):
    def update(self, **values: Any) -> int:
        """Deactivates users as `save` does."""
        if values.get("is_active", True):
            return super().update(**values)
        with transaction.atomic():
            pks = list(self.values_list("pk", flat=True))
            updated = super().update(**values)
            self.model.objects.filter(pk__in=pks).end_access()
        return updated

    def end_access(self) -> None:
        """End sign-ins and sessions for good: they stay ended when a user becomes active again."""
        SignIn.objects.filter(user__in=self).end()
        for user in self.prefetch_related("usersession_set"):
            # The sessions of django-allauth.
            for session in user.usersession_set.all():  # type: ignore[attr-defined]
                session.end()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user must have an e-mail address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


def avatar_name(user: "User", filename: str) -> str:
    """A new name for each file, so that browsers may cache it, and nobody can guess it."""
    return f"avatars/{uuid.uuid4().hex}.webp"


class User(AbstractBaseUser, PermissionsMixin):
    """A user signs in with an e-mail address."""

    email = LowercaseEmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    avatar = models.ImageField(upload_to=avatar_name, blank=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May open the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Turn this off instead of deleting an account.")
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    awaits_confirmation = models.BooleanField(
        "awaits confirmation",
        default=False,
        db_default=False,
        help_text="Cannot sign in before confirming the e-mail address.",
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager.from_queryset(UserQuerySet)()

    class Meta:
        ordering = ["-joined_at", "-pk"]
        constraints = [
            # For writes that skip the field, such as expressions and SQL.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_is_lowercase"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


@receiver(post_save, sender=User)
def end_access_of_inactive_user(instance: User, created: bool, **signal: Any) -> None:
    if not created and not instance.is_active:
        User.objects.filter(pk=instance.pk).end_access()


@receiver(post_delete, sender=User)
def delete_avatar_file(instance: User, **signal: Any) -> None:
    """Delete the file after the transaction."""
    if instance.avatar.name:
        transaction.on_commit(partial(instance.avatar.storage.delete, instance.avatar.name), robust=True)


class SignInQuerySet(models.QuerySet["SignIn"]):
    def active(self) -> "SignInQuerySet":
        return self.filter(ended_at=None)

    def ended(self) -> "SignInQuerySet":
        """Ended, or expired with the last refresh token."""
        lifetime: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]  # type: ignore[assignment]
        expired = timezone.now() - lifetime
        return self.filter(models.Q(ended_at__isnull=False) | models.Q(used_at__lt=expired))

    def end(self) -> int:
        return self.active().update(ended_at=timezone.now())


class SignIn(models.Model):
    """A sign-in on one device. Its id is a claim of all its tokens, which are valid until it ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField("last used at", default=timezone.now, editable=False)
    reauthenticated_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    # The id of its newest refresh token, after the first refresh.
    newest_jti = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)
    user_agent = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.user} since {self.started_at:%Y-%m-%d %H:%M}"

    def end(self) -> None:
        self.ended_at = timezone.now()
        self.save(update_fields=["ended_at"])
