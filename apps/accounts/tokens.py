"""Access and refresh tokens of a sign-in."""

from typing import TypedDict

from django.core import signing
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from apps.accounts.models import SignIn, User

CLAIM = "sign_in"
SECOND_FACTOR_SALT = "accounts.second_factor"
# Seconds between the password and the second factor.
SECOND_FACTOR_AGE = 5 * 60


class Tokens(TypedDict):
    access: str
    refresh: str


def issue_tokens(*, user: User) -> Tokens:
    """Create a sign-in, and delete the user's ended ones."""
    user.sign_ins.ended().delete()
    refresh = RefreshToken.for_user(user)
    refresh[CLAIM] = str(user.sign_ins.create().pk)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def second_factor_token(*, user: User) -> str:
    """Proves that the password was right, as long as it is not changed."""
    return signing.dumps([user.pk, user.get_session_auth_hash()], salt=SECOND_FACTOR_SALT)


def user_of_second_factor_token(token: str) -> User:
    try:
        pk, password_hash = signing.loads(token, salt=SECOND_FACTOR_SALT, max_age=SECOND_FACTOR_AGE)
    except signing.BadSignature as error:
        raise TokenError("Sign in again.") from error
    user = User.objects.filter(pk=pk, is_active=True).first()
    if not user or user.get_session_auth_hash() != password_hash:
        raise TokenError("Sign in again.")
    return user


def rotate_tokens(*, refresh: str) -> Tokens:
    """Return new tokens for a refresh token. A token that is used twice may be stolen: it ends the sign-in."""
    with transaction.atomic():
        sign_in = active_sign_in(refresh)
        try:
            tokens = TokenRefreshSerializer().validate({"refresh": refresh})
        except TokenError as error:
            reuse = error
            sign_in.ended_at = timezone.now()
            sign_in.save(update_fields=["ended_at"])
        else:
            sign_in.used_at = timezone.now()
            sign_in.save(update_fields=["used_at"])
            return {"access": tokens["access"], "refresh": tokens["refresh"]}
    # Outside the transaction, or the end of the sign-in would be rolled back.
    raise reuse


def end_sign_in(*, refresh: str) -> None:
    with transaction.atomic():
        sign_in = active_sign_in(refresh)
        sign_in.ended_at = timezone.now()
        sign_in.save(update_fields=["ended_at"])


def active_sign_in(refresh: str) -> SignIn:
    """The sign-in of a refresh token, which may be an old one. The row is locked, so that a token is used only once."""
    claims = UntypedToken(refresh)  # type: ignore[arg-type]
    if claims["token_type"] != RefreshToken.token_type:
        raise TokenError("This is not a refresh token.")
    sign_ins = SignIn.objects.active().select_related("user").select_for_update(of=["self"])
    sign_in = sign_ins.filter(pk=claims.get(CLAIM)).first()
    # The admin changes passwords without ending sign-ins.
    if not sign_in or claims.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(sign_in.user.password):
        raise TokenError("This sign-in has ended.")
    return sign_in
