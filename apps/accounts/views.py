"""Sign-up, sign-in, passwords and profiles."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.contrib.auth import authenticate, user_logged_in
from django.core.exceptions import ValidationError as InvalidValue
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import TokenError

from apps.accounts import second_factor, serializers, services, tokens
from apps.accounts.models import User
from apps.accounts.permissions import IsStaff
from apps.accounts.reauthentication import RecentSignIn, reauthenticate
from apps.api.errors import error_body
from apps.api.parsers import MultiPartParser
from apps.api.throttles import PerAction


def validated_data(view: Any) -> dict[str, Any]:
    serializer = view.serializer_class(data=view.request.data, context={"request": view.request})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def current_user(request: Request) -> User:
    """The user of a request that has passed IsAuthenticated."""
    return cast(User, request.user)


@contextmanager
def errors_of_field(field: str) -> Iterator[None]:
    """Turn a validation error of a service into one of this field."""
    try:
        yield
    except InvalidValue as error:
        raise ValidationError({field: error.messages}) from error


@contextmanager
def invalid_tokens_as_401() -> Iterator[None]:
    try:
        yield
    except TokenError as error:
        raise AuthenticationFailed("This token is no longer valid: sign in again.", "token_not_valid") from error


class PublicView(APIView):
    """A view without authentication."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        # Without this header, DRF would return 403 instead of 401 for a wrong password.
        return "Bearer"


class RegisterView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "mail"
    serializer_class = serializers.RegisterSerializer

    @extend_schema(responses={202: serializers.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Create an account. The response is the same if the address already has one: then its owner gets an e-mail."""
        data = validated_data(self)
        with errors_of_field("password"):
            services.register(request=request._request, **data)
        return Response({"detail": "We have sent you an e-mail."}, status.HTTP_202_ACCEPTED)


class ConfirmEmailView(PublicView):
    serializer_class = serializers.ConfirmEmailSerializer

    @extend_schema(responses={200: serializers.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Confirm an e-mail address with the token from the link in the e-mail."""
        if not services.confirm_email(request=request._request, **validated_data(self)):
            raise ValidationError({"token": ["This link has expired. Register again to get a new one."]})
        return Response({"detail": "Your address is confirmed. You can sign in."})


MFA = {
    "token": {"type": "string"},
    "methods": {"type": "array", "items": {"type": "string"}},
    "options": {"type": "object", "additionalProperties": {}, "nullable": True},
}
ERROR = {"$ref": "#/components/schemas/Error"}
# With the code `mfa_required`, the error has a part of its own.
MFA_REQUIRED = {
    "allOf": [
        ERROR,
        {"type": "object", "properties": {"mfa": {"type": "object", "properties": MFA, "required": list(MFA)}}},
    ]
}


class LoginView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "login"
    serializer_class = serializers.LoginSerializer

    @extend_schema(responses={200: serializers.TokensSerializer, 401: MFA_REQUIRED})
    def post(self, request: Request) -> Response:
        """Get tokens for an e-mail address and a password.

        If the account has a second factor, the response is 401 with the code `mfa_required`, a token and the methods:
        send the token and a code to `login/mfa/`. With a passkey, the part `mfa` has the options for
        `navigator.credentials.get()`: send its result as `credential` instead of a code.
        """
        data = validated_data(self)
        user = authenticate(request._request, username=data["email"], password=data["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("Wrong address or password.", "no_active_account")
        if methods := services.second_factors(user):
            return mfa_required(request, user, methods)
        return sign_in(request, user)


def mfa_required(request: Request, user: User, methods: list[str]) -> Response:
    challenge, options = None, None
    if "webauthn" in methods:
        challenge, options = second_factor.begin_passkey(request=request._request, user=user)
    token = tokens.second_factor_token(user=user, challenge=challenge)
    body = error_body("mfa_required", "Send a code of your second factor to login/mfa/.")
    body["mfa"] = {"token": token, "methods": methods, "options": options}
    return Response(body, status.HTTP_401_UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})


class MFALoginView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "login"
    serializer_class = serializers.MFALoginSerializer

    @extend_schema(responses={200: serializers.TokensSerializer})
    def post(self, request: Request) -> Response:
        """Get tokens for the token of `login/` and a code of an authenticator app, a recovery code, or a passkey."""
        data = validated_data(self)
        with invalid_tokens_as_401():
            user, challenge = tokens.load_second_factor_token(data.pop("token"))
        if not second_factor.check(request=request._request, user=user, challenge=challenge, **data):
            raise AuthenticationFailed("Wrong code.", "wrong_code")
        return sign_in(request, user)


def sign_in(request: Request, user: User) -> Response:
    # Updates last_login, and resets the failed attempts.
    user_logged_in.send(User, request=request._request, user=user)
    return Response(tokens.issue_tokens(user=user, user_agent=user_agent(request)))


def user_agent(request: Request) -> str:
    return request.headers.get("User-Agent", "")


class RefreshView(PublicView):
    serializer_class = serializers.RefreshSerializer

    @extend_schema(responses={200: serializers.TokensSerializer})
    def post(self, request: Request) -> Response:
        """Get new tokens for a refresh token. A refresh token works once; using it again ends the sign-in."""
        with invalid_tokens_as_401():
            return Response(tokens.rotate_tokens(**validated_data(self)))


class LogoutView(PublicView):
    serializer_class = serializers.RefreshSerializer

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        """End the sign-in that this refresh token belongs to."""
        with invalid_tokens_as_401():
            tokens.end_sign_in(**validated_data(self))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordView(APIView):
    throttle_classes = (PerAction,)
    throttle_scope = "login"
    serializer_class = serializers.ChangePasswordSerializer

    @extend_schema(responses={200: serializers.TokensSerializer})
    def post(self, request: Request) -> Response:
        """Set a new password. All sign-ins end; the response has new tokens for the caller."""
        data = validated_data(self)
        user, password = current_user(request), data["new_password"]
        with errors_of_field("new_password"):
            return Response(services.change_password(user=user, password=password, user_agent=user_agent(request)))


class RequestResetView(PublicView):
    throttle_classes = (PerAction,)
    throttle_scope = "mail"
    serializer_class = serializers.RequestResetSerializer

    @extend_schema(responses={202: serializers.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Request an e-mail with a link to set a new password. The response is the same for an unknown address."""
        services.request_password_reset(request=request._request, **validated_data(self))
        detail = "If there is an account with this address, we have sent an e-mail."
        return Response({"detail": detail}, status.HTTP_202_ACCEPTED)


class ResetPasswordView(PublicView):
    serializer_class = serializers.ResetPasswordSerializer

    @extend_schema(responses={200: serializers.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Set a new password with the uid and the token from the link in the e-mail."""
        data = validated_data(self)
        with errors_of_field("new_password"):
            services.reset_password(uid=data["uid"], token=data["token"], password=data["new_password"])
        return Response({"detail": "Your password is set. You can sign in."})


class MeView(generics.RetrieveUpdateDestroyAPIView):
    """Your own account. Deleting it cannot be undone."""

    serializer_class = serializers.UserSerializer
    throttle_scope = "login"

    def get_throttles(self) -> list[Any]:
        return [PerAction()] if self.request.method == "DELETE" else super().get_throttles()

    def get_object(self) -> Any:
        return self.request.user

    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete your account. This cannot be undone. Needs a recent sign-in, or your `password` in the body."""
        serializer = serializers.DeleteAccountSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if serializer.validated_data:
            reauthenticate(request, **serializer.validated_data)
        if not RecentSignIn().has_permission(request, self):
            self.permission_denied(request, RecentSignIn.message, RecentSignIn.code)
        return super().delete(request, *args, **kwargs)


class AvatarView(APIView):
    parser_classes = (MultiPartParser,)
    serializer_class = serializers.AvatarSerializer

    @extend_schema(responses={200: serializers.UserSerializer})
    def put(self, request: Request) -> Response:
        """Set your avatar. It is scaled down and stored without metadata."""
        with errors_of_field("avatar"):
            services.set_avatar(user=current_user(request), upload=validated_data(self)["avatar"])
        return Response(serializers.UserSerializer(request.user, context={"request": request}).data)

    # Some clients can only upload files with POST.
    post = put

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove your avatar."""
        services.set_avatar(user=current_user(request), upload=None)
        return Response(status=status.HTTP_204_NO_CONTENT)


class UserListView(generics.ListAPIView):
    """All users, for staff."""

    permission_classes = (IsStaff,)
    queryset = User.objects.all()
    serializer_class = serializers.UserSerializer
    filterset_fields = {"is_active": ["exact"], "is_staff": ["exact"], "joined_at": ["gte", "lt"]}
    search_fields = ("email", "name")
    ordering_fields = ("email", "name", "joined_at", "last_login")
