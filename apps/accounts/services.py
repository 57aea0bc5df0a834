"""Sign-up, e-mail confirmation, passwords and avatars. Responses do not reveal whether an address has an account."""

import logging
import time
from hashlib import sha256
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.signals import user_signed_up
from allauth.mfa.models import Authenticator
from axes.utils import reset as remove_lockout
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from apps.accounts import links
from apps.accounts.images import make_avatar
from apps.accounts.models import User, delete_avatar_file
from apps.accounts.tokens import Tokens, issue_tokens
from apps.api.throttles import count_request
from config.mail import in_background, send_mail

logger = logging.getLogger(__name__)


def register(*, request: HttpRequest, email: str, password: str, name: str = "") -> None:
    """Create an account. If the address has one, its owner gets an e-mail, and the caller sees no difference."""
    started = time.monotonic()
    password_validation.validate_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, awaits_confirmation=settings.CONFIRM_EMAIL)
            address = EmailAddress.objects.create(user=user, email=user.email, primary=True)
            user_signed_up.send(User, request=request, user=user)
            in_background(address.send_confirmation, request=request, signup=True)
    except IntegrityError:
        register_again(request=request, user=User.objects.get(email=email))
    # Creating an account takes longer.
    time.sleep(-(time.monotonic() - started) % settings.REGISTRATION_INTERVAL)


def register_again(*, request: HttpRequest, user: User) -> None:
    """The address has an account. An unconfirmed one may be a stranger's, so its password is removed.

    The owner of the address chooses a new password with the link in the e-mail.
    """
    if user.awaits_confirmation:
        # Removing it twice would invalidate the first link.
        if user.has_usable_password():
            user.set_unusable_password()
            user.save(update_fields=["password"])
        in_background(send_reset_link, request=request, email=user.email, template="choose_password")
    else:
        link = links.home_link(request)
        in_background(send_account_mail, to=user.email, template="already_registered", link=link)


def send_account_mail(*, to: str, template: str, kind: str = "", **context: Any) -> None:
    """Send an e-mail that strangers can request, if the address did not get too many of this kind."""
    kind = kind or template
    # The cache stores no addresses.
    is_allowed, _ = count_request("recipient", f"{kind}:{sha256(to.lower().encode()).hexdigest()}")
    if is_allowed:
        send_mail(to=to, template=template, **context)
    else:
        logger.warning("An e-mail was not sent: its recipient got too many of the kind %s", kind)


@transaction.atomic
def confirm_email(*, request: HttpRequest, token: str) -> bool:
    """Confirm the address of a link. Return whether the link is valid; it can be used once."""
    confirmation = EmailConfirmationHMAC.from_key(token)
    if not confirmation or not confirmation.email_address.user.is_active:
        return False
    user = User.objects.select_for_update().get(pk=confirmation.email_address.user_id)
    # Its owner has to choose a password first.
    if not user.has_usable_password() and user.awaits_confirmation:
        return False
    if User.objects.filter(email=confirmation.email_address.email).exclude(pk=user.pk).exists():
        return False
    if not confirmation.confirm(request):
        return False
    User.objects.filter(pk=user.pk).update(awaits_confirmation=False)
    return True


def set_verified(user: User) -> None:
    """For users of the admin and of commands, and for those whose address the admin has changed."""
    EmailAddress.objects.update_or_create(user=user, primary=True, defaults={"email": user.email, "verified": True})


def second_factors(user: User) -> list[str]:
    """What the user can sign in with, besides the password."""
    return list(Authenticator.objects.filter(user=user).order_by("pk").values_list("type", flat=True))


def use_second_factor(*, user: User, code: str) -> bool:
    """Check a code of an authenticator app, or a recovery code. Each works once."""
    for authenticator in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN):
        if authenticator.wrap().validate_code(code):
            authenticator.record_usage()
            return True
    return False


@transaction.atomic
def change_password(*, user: User, password: str, user_agent: str = "") -> Tokens:
    """Set a new password, end all sign-ins, and start a new one for the caller."""
    set_password(user=user, password=password)
    return issue_tokens(user=user, user_agent=user_agent)


def request_password_reset(*, request: HttpRequest, email: str) -> None:
    """The account is looked up in the background: the response takes as long for an unknown address."""
    in_background(send_reset_link, request=request, email=email)


def send_reset_link(*, request: HttpRequest, email: str, template: str = "reset_password") -> None:
    if user := User.objects.filter(email=email, is_active=True).first():
        send_account_mail(to=user.email, template=template, link=links.reset_link(request, user))


@transaction.atomic
def reset_password(*, uid: str, token: str, password: str) -> None:
    """Set a new password. The link came by e-mail, so this also confirms the address. It removes a lockout."""
    # Lock the row, so that a link is used only once.
    user = links.user_from_reset_token(uid=uid, token=token, users=User.objects.select_for_update())
    if not user:
        raise ValidationError("This link has expired or was used already. Ask for a new one.", code="expired")
    set_password(user=user, password=password)
    user.awaits_confirmation = False
    user.save(update_fields=["awaits_confirmation"])
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
    remove_lockout(username=user.email)


def set_password(*, user: User, password: str) -> None:
    password_validation.validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
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
