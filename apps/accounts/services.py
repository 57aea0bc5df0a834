"""Sign-up, e-mail confirmation, passwords and avatars. Responses do not reveal whether an address has an account."""

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
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
from config.mail import send_mail


def register(*, request: HttpRequest, email: str, password: str, name: str = "") -> None:
    """Create an account. If the address has one, its owner gets an e-mail, and the caller sees no difference."""
    password_validation.validate_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, awaits_confirmation=settings.CONFIRM_EMAIL)
            EmailAddress.objects.create(user=user, email=user.email, primary=True).send_confirmation(
                request, signup=True
            )
    except IntegrityError:
        register_again(request=request, user=User.objects.get(email=email))


def register_again(*, request: HttpRequest, user: User) -> None:
    """The address has an account. An unconfirmed one may be a stranger's, so its password is removed.

    The owner of the address chooses a new password with the link in the e-mail.
    """
    if not user.awaits_confirmation:
        send_mail(to=user.email, template="already_registered", link=links.home_link(request))
        return
    user.set_unusable_password()
    user.save(update_fields=["password"])
    send_mail(to=user.email, template="choose_password", link=links.reset_link(request, user))


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
    if not confirmation.confirm(request):
        return False
    User.objects.filter(pk=user.pk).update(awaits_confirmation=False)
    return True


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
def change_password(*, user: User, password: str) -> Tokens:
    """Set a new password, end all sign-ins, and start a new one for the caller."""
    set_password(user=user, password=password)
    return issue_tokens(user=user)


def request_password_reset(*, request: HttpRequest, email: str) -> None:
    user = User.objects.filter(email=email, is_active=True).first()
    if user:
        send_reset_link(request=request, user=user)


def send_reset_link(*, request: HttpRequest, user: User) -> None:
    send_mail(to=user.email, template="reset_password", link=links.reset_link(request, user))


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
