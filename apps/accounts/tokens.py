"""Access and refresh tokens of a sign-in."""

from datetime import timedelta
from typing import Any, TypedDict

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, Token, UntypedToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from apps.accounts.models import SignIn, User

CLAIM = "sign_in"
ENDED = "This sign-in has ended."
# Two tabs may refresh at the same time, and a client that got no response tries again.
GRACE_PERIOD = timedelta(seconds=10)
SECOND_FACTOR_SALT = "accounts.second_factor"
# Seconds between the password and the second factor.
SECOND_FACTOR_AGE = 5 * 60


class Tokens(TypedDict):
    access: str
    refresh: str


def issue_tokens(*, user: User, user_agent: str = "") -> Tokens:
    """Create a sign-in, and delete the user's ended ones."""
    user.sign_ins.ended().delete()
    refresh = RefreshToken.for_user(user)
    refresh[CLAIM] = str(user.sign_ins.create(user_agent=user_agent[:200]).pk)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def second_factor_token(*, user: User, challenge: Any = None) -> str:
    """Proves that the password was right, as long as it is not changed. Passkeys sign the challenge."""
    return signing.dumps([user.pk, user.get_session_auth_hash(), challenge], salt=SECOND_FACTOR_SALT)


def load_second_factor_token(token: str) -> tuple[User, Any]:
    """Return the user and the challenge."""
    try:
        pk, password_hash, challenge = signing.loads(token, salt=SECOND_FACTOR_SALT, max_age=SECOND_FACTOR_AGE)
    except signing.BadSignature as error:
        raise TokenError("Sign in again.") from error
    user = User.objects.filter(pk=pk, is_active=True).first()
    if not user or user.get_session_auth_hash() != password_hash:
        raise TokenError("Sign in again.")
    return user, challenge


def rotate_tokens(*, refresh: str) -> Tokens:
    """Return new tokens for a refresh token. A token that is used twice may be stolen: it ends the sign-in.

    Within GRACE_PERIOD, a second use returns the newest refresh token of the sign-in, so that a sign-in has only one valid
    refresh token at any time. If that token is stolen, its second use ends the sign-in.
    """
    with transaction.atomic():
        token = read_refresh_token(refresh)
        sign_in = sign_in_of(token, SignIn.objects.select_for_update(of=["self"]))
        try:
            tokens = TokenRefreshSerializer().validate({"refresh": refresh})
        except TokenError as error:
            if was_just_used(token) and (newest := newest_token(sign_in)):
                return {"access": str(newest.access_token), "refresh": str(newest)}
            reuse = error
            sign_in.end()
        else:
            sign_in.used_at = timezone.now()
            sign_in.newest_jti = read_refresh_token(tokens["refresh"])[api_settings.JTI_CLAIM]
            sign_in.save(update_fields=["used_at", "newest_jti"])
            return {"access": tokens["access"], "refresh": tokens["refresh"]}
    # Outside the transaction, or the end of the sign-in would be rolled back.
    raise reuse


def was_just_used(token: Token) -> bool:
    used = BlacklistedToken.objects.filter(token__jti=token[api_settings.JTI_CLAIM])
    return used.filter(blacklisted_at__gt=timezone.now() - GRACE_PERIOD).exists()


def newest_token(sign_in: SignIn) -> RefreshToken | None:
    stored = OutstandingToken.objects.filter(jti=sign_in.newest_jti, blacklistedtoken=None).first()
    return RefreshToken(stored.token) if stored else None  # type: ignore[arg-type]


def end_sign_in(*, refresh: str) -> None:
    sign_in_of(read_refresh_token(refresh), SignIn.objects.all()).end()


def read_refresh_token(refresh: str) -> Token:
    """simplejwt checks the signature and the expiry. The token may be a used one: reuse has to be noticed."""
    token = UntypedToken(refresh)  # type: ignore[arg-type]
    if token["token_type"] != RefreshToken.token_type:
        raise TokenError("This is not a refresh token.")
    return token


def sign_in_of(token: Token, sign_ins: QuerySet[SignIn]) -> SignIn:
    sign_in = sign_ins.select_related("user").filter(pk=token.get(CLAIM), ended_at=None).first()
    if not sign_in or not is_valid_for(sign_in.user, token):
        raise TokenError(ENDED)
    return sign_in


def user_of(token: Token) -> User:
    """The user of an access token, if its sign-in has not ended. One query, because each request needs it."""
    try:
        user = User.objects.get(sign_ins=token[CLAIM], sign_ins__ended_at=None)
    except User.DoesNotExist as error:
        raise TokenError(ENDED) from error
    if not is_valid_for(user, token):
        raise TokenError(ENDED)
    return user


def is_valid_for(user: User, token: Token) -> bool:
    """The admin changes passwords without ending sign-ins."""
    return user.is_active and token.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password)
