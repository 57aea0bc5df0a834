"""Signing up, in and out, and the account itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.contrib.auth import authenticate, user_logged_in
from django.core.exceptions import ValidationError as InvalidValue
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import TokenError

from apps.accounts import services, tokens
from apps.accounts.api import serializers as shapes
from apps.accounts.api.filters import UserFilter
from apps.accounts.models import User
from apps.api.parsers import MultiPartParser
from apps.api.throttles import PerAction


def checked(view: Any) -> dict[str, Any]:
    serializer = view.serializer_class(data=view.request.data, context={"request": view.request})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def account(request: Request) -> User:
    """Who asks, in views that nobody enters who has not signed in."""
    return cast(User, request.user)


@contextmanager
def blaming(field: str) -> Iterator[None]:
    """What a service finds wrong is answered as an error of this field."""
    try:
        yield
    except InvalidValue as error:
        raise ValidationError({field: error.messages}) from error


@contextmanager
def refusing_tokens() -> Iterator[None]:
    try:
        yield
    except TokenError as error:
        raise AuthenticationFailed("This token is not valid any more: sign in again.", "token_not_valid") from error


class PublicView(APIView):
    """Something that anybody may do."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        # Without a way to sign in to name, DRF would answer 403 to a wrong password.
        return "Bearer"


class RegisterView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "mail"
    serializer_class = shapes.RegisterSerializer

    @extend_schema(responses={202: shapes.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Make an account. The answer is the same for an address that has one: then its owner gets a mail."""
        data = checked(self)
        with blaming("password"):
            services.register(request=request._request, **data)
        return Response({"detail": "Thank you. We have sent you a mail."}, status.HTTP_202_ACCEPTED)


class ConfirmEmailView(PublicView):
    serializer_class = shapes.ConfirmEmailSerializer

    @extend_schema(responses={200: shapes.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Confirm an address with the token from the mail."""
        if not services.confirm_email(**checked(self)):
            raise ValidationError({"token": ["This link has expired. Register again to get a new one."]})
        return Response({"detail": "Your address is confirmed. You can sign in."})


class LoginView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "login"
    serializer_class = shapes.LoginSerializer

    @extend_schema(responses={200: shapes.TokensSerializer})
    def post(self, request: Request) -> Response:
        """Trade an address and a password for tokens."""
        data = checked(self)
        user = authenticate(request._request, username=data["email"], password=data["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("Wrong address or password.", "no_active_account")
        # Notes the time, and forgets failed tries.
        user_logged_in.send(User, request=request._request, user=user)
        return Response(tokens.issue_tokens(user=user))


class RefreshView(PublicView):
    serializer_class = shapes.RefreshSerializer

    @extend_schema(responses={200: shapes.TokensSerializer})
    def post(self, request: Request) -> Response:
        """Trade a refresh token for a new pair. Each works once: a second use ends the sign-in."""
        with refusing_tokens():
            return Response(tokens.rotate_tokens(**checked(self)))


class LogoutView(PublicView):
    serializer_class = shapes.RefreshSerializer

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        """End the sign-in that this refresh token belongs to."""
        with refusing_tokens():
            tokens.end_sign_in(**checked(self))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordView(APIView):
    throttle_classes = (PerAction,)
    throttle_scope = "login"
    serializer_class = shapes.ChangePasswordSerializer

    @extend_schema(responses={200: shapes.TokensSerializer})
    def post(self, request: Request) -> Response:
        """Set a new password. All sign-ins end, the caller's goes on with the tokens in the answer."""
        data = checked(self)
        with blaming("new_password"):
            return Response(services.change_password(user=account(request), password=data["new_password"]))


class RequestResetView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "mail"
    serializer_class = shapes.RequestResetSerializer

    @extend_schema(responses={202: shapes.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a mail with a link to set a new password. The answer is the same for an unknown address."""
        services.request_password_reset(request=request._request, **checked(self))
        detail = "If there is an account with this address, we have sent it a mail."
        return Response({"detail": detail}, status.HTTP_202_ACCEPTED)


class ResetPasswordView(PublicView):
    serializer_class = shapes.ResetPasswordSerializer

    @extend_schema(responses={200: shapes.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Set a new password with what the mail's link holds."""
        data = checked(self)
        with blaming("new_password"):
            services.reset_password(uid=data["uid"], token=data["token"], password=data["new_password"])
        return Response({"detail": "Your password is set. You can sign in."})


class MeView(generics.RetrieveUpdateDestroyAPIView):
    """Your own account. Deleting it is for good."""

    serializer_class = shapes.UserSerializer

    def get_object(self) -> Any:
        return self.request.user


class AvatarView(APIView):
    parser_classes = (MultiPartParser,)
    serializer_class = shapes.AvatarSerializer

    @extend_schema(responses={200: shapes.UserSerializer})
    def put(self, request: Request) -> Response:
        """Set your picture. It is kept small, and without what the file says about you."""
        with blaming("avatar"):
            services.set_avatar(user=account(request), upload=checked(self)["avatar"])
        return Response(shapes.UserSerializer(request.user, context={"request": request}).data)

    # Some clients can only send files with this.
    post = put

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove your picture."""
        services.set_avatar(user=account(request), upload=None)
        return Response(status=status.HTTP_204_NO_CONTENT)


class UserListView(generics.ListAPIView):
    """Everybody, for staff."""

    permission_classes = (IsAdminUser,)
    queryset = User.objects.all()
    serializer_class = shapes.UserSerializer
    filterset_class = UserFilter
    search_fields = ("email", "name")
    ordering_fields = ("email", "name", "joined_at", "last_login")
