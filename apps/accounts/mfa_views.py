"""Second factors: an authenticator app, recovery codes and passkeys. All changes need a recent sign-in.

django-allauth does the work. It keeps a new secret or challenge in the session; clients of the API send it back in a
signed token instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery_codes
from allauth.mfa.totp.internal import flows as totp
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, get_totp_secret
from django.core import signing
from django.db import IntegrityError
from django.forms import Form
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import second_factor, serializers
from apps.accounts.reauthentication import RecentSignIn
from apps.accounts.views import ERROR, current_user, errors_of_field, validated_data

# Seconds between the start of a setup and its end.
SETUP_AGE = 10 * 60


class SecondFactorsView(APIView):
    serializer_class = serializers.SecondFactorSerializer

    @extend_schema(responses=serializers.SecondFactorSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List your second factors."""
        factors = Authenticator.objects.filter(user=current_user(request)).order_by("pk")
        return Response(serializers.SecondFactorSerializer(factors, many=True).data)


class SetupView(APIView):
    permission_classes = (IsAuthenticated, RecentSignIn)


class TOTPSetupView(SetupView):
    @extend_schema(request=None, responses={200: serializers.TOTPSetupSerializer})
    def post(self, request: Request) -> Response:
        """Get the secret of a new authenticator app, and the URL for its QR code.

        Send the token and a code of the app to `auth/mfa/totp/` within 10 minutes. Needs a recent sign-in.
        """
        secret = get_totp_secret(regenerate=True)
        url = get_adapter().build_totp_url(current_user(request), secret)
        return Response({"token": setup_token(request, SECRET_SESSION_KEY), "secret": secret, "url": url})


class TOTPView(SetupView):
    serializer_class = serializers.TOTPSerializer

    @extend_schema(responses={201: serializers.RecoveryCodesSerializer})
    def post(self, request: Request) -> Response:
        """Activate an authenticator app. The response has recovery codes, unless you had some before."""
        from allauth.mfa.totp.forms import ActivateTOTPForm

        data = validated_data(self)
        with setup(request, SECRET_SESSION_KEY, data["token"]):
            form = ActivateTOTPForm({"code": data["code"]}, user=current_user(request))
            raise_errors(form)
        try:
            _, codes = totp.activate_totp(request._request, form)
        except IntegrityError as error:
            raise ValidationError({"token": ["Deactivate your authenticator app first."]}) from error
        return recovery_codes_response(codes)

    @extend_schema(responses={204: None, 404: ERROR})
    def delete(self, request: Request) -> Response:
        """Deactivate your authenticator app. The recovery codes of your last second factor are deleted too."""
        app = get_object_or_404(Authenticator, user=current_user(request), type=Authenticator.Type.TOTP)
        totp.deactivate_totp(request._request, app)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RecoveryCodesView(SetupView):
    @extend_schema(request=None, responses={201: serializers.RecoveryCodesSerializer, 400: ERROR})
    def post(self, request: Request) -> Response:
        """Get new recovery codes. The old ones are no longer valid. You need another second factor first."""
        if not recovery_codes.can_generate_recovery_codes(current_user(request)):
            raise ValidationError("Set up an authenticator app or a passkey first.")
        return recovery_codes_response(recovery_codes.generate_recovery_codes(request._request))


def recovery_codes_response(codes: Authenticator | None) -> Response:
    unused = codes.wrap().get_unused_codes() if codes else []
    return Response({"recovery_codes": unused}, status.HTTP_201_CREATED)


class PasskeySetupView(SetupView):
    serializer_class = serializers.PasskeySetupSerializer

    @extend_schema(responses={200: serializers.PasskeyOptionsSerializer})
    def post(self, request: Request) -> Response:
        """Get the options for `navigator.credentials.create()`.

        Send the token and the credential to `auth/mfa/passkeys/` within 10 minutes. Needs a recent sign-in.
        """
        from allauth.mfa.webauthn.internal import auth, flows

        options = flows.begin_registration(
            request._request, current_user(request), validated_data(self)["passwordless"]
        )
        return Response({"token": setup_token(request, auth.STATE_SESSION_KEY), "options": options})


class PasskeysView(SetupView):
    serializer_class = serializers.PasskeySerializer

    @extend_schema(responses={201: serializers.RecoveryCodesSerializer})
    def post(self, request: Request) -> Response:
        """Add a passkey. The response has recovery codes, unless you had some before."""
        from allauth.mfa.webauthn.forms import AddWebAuthnForm
        from allauth.mfa.webauthn.internal import auth, flows

        data = validated_data(self)
        form = AddWebAuthnForm(data, user=current_user(request))
        with (
            setup(request, auth.STATE_SESSION_KEY, data["token"]),
            errors_of_field("credential"),
            second_factor.malformed_as_invalid(),
        ):
            raise_errors(form)
            # The pages and the list read this, too.
            _ = auth.WebAuthn(Authenticator(data=form.cleaned_data)).is_passwordless
        cleaned = form.cleaned_data
        _, codes = flows.add_authenticator(request._request, name=cleaned["name"], credential=cleaned["credential"])
        return recovery_codes_response(codes)


class PasskeyView(SetupView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Remove a passkey. The recovery codes of your last second factor are deleted too."""
        from allauth.mfa.webauthn.internal import flows

        passkeys = Authenticator.objects.filter(user=current_user(request), type=Authenticator.Type.WEBAUTHN)
        flows.remove_authenticator(request._request, get_object_or_404(passkeys, pk=id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def setup_token(request: Request, key: str) -> str:
    """Move what allauth has put into the session into a token for this user."""
    return signing.dumps([current_user(request).pk, request.session.pop(key)], salt=key)


@contextmanager
def setup(request: Request, key: str, token: str) -> Iterator[None]:
    """Put the contents of the token back into the session. A token can be used once, but wrong codes don't count."""
    try:
        pk, state = signing.loads(token, salt=key, max_age=SETUP_AGE)
    except signing.BadSignature:
        pk = None
    if pk != current_user(request).pk:
        raise ValidationError({"token": ["This token has expired. Start again."]})
    request.session[key] = state
    try:
        yield
    finally:
        request.session.pop(key, None)
    if not second_factor.is_first_use(key, token, SETUP_AGE):
        raise ValidationError({"token": ["This token was used already. Start again."]})


def raise_errors(form: Form) -> None:
    if not form.is_valid():
        fields = form.errors.get_json_data()
        raise ValidationError(
            {name.replace("__all__", "credential"): [error["message"] for error in fields[name]] for name in fields}
        )
