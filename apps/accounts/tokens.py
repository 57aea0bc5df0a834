"""Access and refresh tokens, and the sign-ins they belong to."""

from typing import TypedDict

from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken

from apps.accounts.models import SignIn, User

CLAIM = "sign_in"


class Tokens(TypedDict):
    access: str
    refresh: str


def issue_tokens(*, user: User) -> Tokens:
    """Start a sign-in."""
    refresh = RefreshToken.for_user(user)
    refresh[CLAIM] = str(SignIn.objects.create(user=user).pk)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def rotate_tokens(*, refresh: str) -> Tokens:
    """Trade a refresh token for a new pair. One that comes a second time was stolen, and ends its sign-in."""
    with transaction.atomic():
        sign_in = owned(refresh)
        try:
            return TokenRefreshSerializer().validate({"refresh": refresh})  # type: ignore[return-value]
        except TokenError as error:
            SignIn.objects.filter(pk=sign_in.pk).end()
            reuse = error
    # Outside the transaction: it must not be rolled back.
    raise reuse


def end_sign_in(*, refresh: str) -> None:
    with transaction.atomic():
        SignIn.objects.filter(pk=owned(refresh).pk).end()


def owned(refresh: str) -> SignIn:
    """The open sign-in of a genuine refresh token, old or new, locked against a second use at the same time."""
    claims = UntypedToken(refresh)  # type: ignore[arg-type]
    if claims["token_type"] != RefreshToken.token_type:
        raise TokenError("This is not a refresh token.")
    sign_in = SignIn.objects.open().select_for_update().filter(pk=claims.get(CLAIM)).first()
    if not sign_in:
        raise TokenError("This sign-in has ended.")
    return sign_in
