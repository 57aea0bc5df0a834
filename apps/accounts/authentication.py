from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import Token

from apps.accounts.tokens import CLAIM, user_of


class SignInAuthentication(JWTAuthentication):
    """An access token is valid until its sign-in ends. This takes no additional query."""

    def get_user(self, validated_token: Token) -> Any:
        # Tokens that your code creates with `AccessToken.for_user` have no sign-in.
        if CLAIM not in validated_token:
            return super().get_user(validated_token)
        try:
            return user_of(validated_token)
        except TokenError as error:
            raise InvalidToken(str(error)) from error
