"""Your own account: sign-ins, the e-mail address, and the export."""

from typing import Any

from allauth.account.forms import AddEmailForm
from allauth.account.internal.flows import logout
from allauth.account.internal.flows.manage_email import add_email
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import serializers, services
from apps.accounts.export import export_user
from apps.accounts.models import SignIn
from apps.accounts.reauthentication import RecentSignIn, current_sign_in, reauthenticate
from apps.accounts.views import current_user, validated_data
from apps.api.throttles import PerAction


class ReauthenticateView(APIView):
    throttle_classes = (PerAction,)
    throttle_scope = "login"
    serializer_class = serializers.ReauthenticateSerializer

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        """Send your password, or a code of your second factor, once more.

        For 5 minutes, this sign-in may use the endpoints that return the code `reauthentication_required`.
        """
        reauthenticate(request, **validated_data(self))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignInsView(APIView):
    serializer_class = serializers.SignInSerializer

    @extend_schema(responses=serializers.SignInSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the devices on which you are signed in, with tokens and in browsers."""
        return Response(serializers.SignInSerializer(sign_ins(request), many=True).data)

    @extend_schema(operation_id="auth_sign_ins_destroy_others", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere else: end all sign-ins except this one."""
        for sign_in in sign_ins(request):
            if not sign_in["is_current"]:
                end(request, sign_in)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SignInView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """End a sign-in. Its tokens or its session are no longer valid."""
        for sign_in in sign_ins(request):
            if sign_in["id"] == id:
                end(request, sign_in)
                return Response(status=status.HTTP_204_NO_CONTENT)
        raise NotFound


def sign_ins(request: Request) -> list[dict[str, Any]]:
    """Sign-ins with tokens, and sessions of browsers, in one format."""
    user, current = current_user(request), current_sign_in(request)
    session_key = "" if request.auth else request.session.session_key
    with_tokens = [
        {
            "id": str(row.pk),
            "client": "token",
            "user_agent": row.user_agent,
            "ip": None,
            "started_at": row.started_at,
            "used_at": row.used_at,
            "is_current": row == current,
            "row": row,
        }
        for row in user.sign_ins.exclude(pk__in=SignIn.objects.ended().values("pk"))
    ]
    with_sessions = [
        {
            "id": str(row.pk),
            "client": "browser",
            "user_agent": row.user_agent,
            "ip": row.ip,
            "started_at": row.created_at,
            "used_at": None,
            "is_current": row.session_key == session_key,
            "row": row,
        }
        for row in UserSession.objects.purge_and_list(user)
    ]
    return sorted(with_tokens + with_sessions, key=lambda sign_in: sign_in["started_at"], reverse=True)


def end(request: Request, sign_in: dict[str, Any]) -> None:
    if sign_in["client"] == "browser" and sign_in["is_current"]:
        logout.logout(request._request)
    else:
        sign_in["row"].end()


class ExportView(APIView):
    @extend_schema(
        responses=OpenApiTypes.OBJECT,
        examples=[
            OpenApiExample("Export", {"exported_at": "2026-01-05T09:30:00Z", "profile": {"email": "ada@example.com"}})
        ],
    )
    def get(self, request: Request) -> Response:
        """Get all data that the site has of you."""
        return Response(export_user(current_user(request)))


class ChangeEmailView(APIView):
    permission_classes = (IsAuthenticated, RecentSignIn)
    throttle_classes = (PerAction,)
    throttle_scope = "mail"
    serializer_class = serializers.ChangeEmailSerializer

    @extend_schema(responses={202: serializers.DetailSerializer})
    def post(self, request: Request) -> Response:
        """Change your e-mail address. The new one replaces the old one when you open the link in the e-mail.

        The old address gets an e-mail then. Needs a recent sign-in.
        """
        user, email = current_user(request), validated_data(self)["email"].lower()
        services.set_verified(user)
        # The same address again: send another link.
        EmailAddress.objects.filter(user=user, email=email, verified=False).delete()
        form = AddEmailForm(data={"email": email}, user=user)
        if not form.is_valid():
            raise ValidationError({"email": form.errors["email"]})
        add_email(request._request, form)
        return Response({"detail": "We have sent an e-mail to the new address."}, status.HTTP_202_ACCEPTED)
