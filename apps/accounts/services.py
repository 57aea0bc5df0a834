"""Sign-up, e-mail confirmation, passwords and avatars. Responses do not reveal whether an address has an account."""

from axes.utils import reset as remove_lockout
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import links
from apps.accounts.images import make_avatar
from apps.accounts.models import User, delete_avatar_file
from apps.accounts.tokens import Tokens, issue_tokens
from config.mail import send_mail


def register(*, request: HttpRequest, email: str, password: str, name: str = "") -> None:
    """Create an account. If the address has one, its owner gets an e-mail, and the caller sees no difference."""
    password_validation.validate_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
            send_welcome(request=request, user=user)
    except IntegrityError:
        owner = User.objects.get(email=email)
        if settings.CONFIRM_EMAIL and not owner.email_confirmed_at:
            send_welcome(request=request, user=owner)
        else:
            send_mail(to=owner.email, template="already_registered", link=links.home_link(request))


def send_welcome(*, request: HttpRequest, user: User) -> None:
    if settings.CONFIRM_EMAIL:
        send_mail(to=user.email, template="confirm_email", link=links.confirm_link(request, user))
    else:
        send_mail(to=user.email, template="welcome", link=links.home_link(request))


def confirm_email(*, token: str) -> bool:
    """Confirm the address in a token. Return whether the token is valid; it may be used again."""
    users = User.objects.filter(email=links.email_from_token(token=token), is_active=True)
    users.filter(email_confirmed_at=None).update(email_confirmed_at=timezone.now())
    return users.exists()


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
    """Set a new password. The link came by e-mail, so this also confirms the address. It removes a lockout."""
    # Lock the row, so that a link is used only once.
    user = links.user_from_reset_token(uid=uid, token=token, users=User.objects.select_for_update())
    if not user:
        raise ValidationError("This link has expired or was used already. Ask for a new one.", code="expired")
    user.email_confirmed_at = user.email_confirmed_at or timezone.now()
    set_password(user=user, password=password)
    remove_lockout(username=user.email)


def set_password(*, user: User, password: str) -> None:
    password_validation.validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password", "email_confirmed_at"])
    user.sign_ins.end()


def set_avatar(*, user: User, upload: UploadedFile | None) -> None:
    """Replace the avatar, or remove it."""
    old = User(avatar=user.avatar.name)
    if upload:
        # Before the transaction, because a storage service may be slow.
        user.avatar.save("avatar.webp", make_avatar(upload), save=False)
    else:
        user.avatar = None
    with transaction.atomic():
        user.save(update_fields=["avatar"])
        delete_avatar_file(old)
