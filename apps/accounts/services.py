"""What accounts can do. Nothing here tells whether an address is taken, neither in words nor in time."""

from axes.utils import reset as unlock
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import links
from apps.accounts.images import portrait
from apps.accounts.models import User, forget_avatar
from apps.accounts.tokens import Tokens, issue_tokens
from config.mail import send_mail


def register(*, request: HttpRequest, email: str, password: str, name: str = "") -> None:
    """Make an account. The owner of a taken address gets a mail instead, and the caller learns nothing."""
    password_validation.validate_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
            greet(request=request, user=user)
    except IntegrityError:
        owner = User.objects.get(email=email)
        if settings.CONFIRM_EMAIL and not owner.email_confirmed_at:
            greet(request=request, user=owner)
        else:
            send_mail(to=owner.email, template="already_registered", link=links.home_link(request))


def greet(*, request: HttpRequest, user: User) -> None:
    if settings.CONFIRM_EMAIL:
        send_mail(to=user.email, template="confirm_email", link=links.confirm_link(request, user))
    else:
        send_mail(to=user.email, template="welcome", link=links.home_link(request))


def confirm_email(*, token: str) -> bool:
    """Take the word of a link that only the owner of the address could get. Opening it twice does no harm."""
    address = links.address_from_confirmation(token=token)
    confirmed = User.objects.filter(email=address, is_active=True)
    confirmed.filter(email_confirmed_at=None).update(email_confirmed_at=timezone.now())
    return confirmed.exists()


@transaction.atomic
def change_password(*, user: User, password: str) -> Tokens:
    """Set a new password, end all sign-ins, and start a new one for the caller."""
    set_password(user=user, password=password)
    return issue_tokens(user=user)


def request_password_reset(*, request: HttpRequest, email: str) -> None:
    user = User.objects.filter(email=email, is_active=True).first()
    if user:
        send_mail(to=user.email, template="reset_password", link=links.reset_link(request, user))


@transaction.atomic
def reset_password(*, uid: str, token: str, password: str) -> None:
    """Whoever reads the account's mail may set its password: that confirms the address and ends a lockout."""
    # Locked, so that of two who use a link at the same time the second comes too late.
    user = links.user_from_reset(uid=uid, token=token, users=User.objects.select_for_update())
    if not user:
        raise ValidationError("This link has expired or was used already. Ask for a new one.", code="expired")
    user.email_confirmed_at = user.email_confirmed_at or timezone.now()
    set_password(user=user, password=password)
    unlock(username=user.email)


def set_password(*, user: User, password: str) -> None:
    password_validation.validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password", "email_confirmed_at"])
    user.sign_ins.end()


def set_avatar(*, user: User, upload: UploadedFile | None) -> None:
    """Keep a small copy of a picture, or none."""
    old = User(avatar=user.avatar.name)
    if upload:
        # Before the transaction: a store far away takes its time.
        user.avatar.save("avatar.webp", portrait(upload), save=False)
    else:
        user.avatar = None
    with transaction.atomic():
        user.save(update_fields=["avatar"])
        forget_avatar(old)
