from typing import Any

from allauth.mfa.models import Authenticator
from django.core.validators import FileExtensionValidator
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.accounts.models import User

CREDENTIALS = {"email": "ada@example.com", "password": "correct horse battery"}
CREDENTIAL = {"id": "kX3p...", "rawId": "kX3p...", "type": "public-key", "response": {"clientDataJSON": "eyJ0..."}}


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "email", "name", "avatar", "is_staff", "is_active", "joined_at", "last_login"]
        read_only_fields = [name for name in fields if name != "name"]


@extend_schema_serializer(examples=[OpenApiExample("Account", {**CREDENTIALS, "name": "Ada"})])
class RegisterSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)


@extend_schema_serializer(examples=[OpenApiExample("Credentials", CREDENTIALS)])
class LoginSerializer(serializers.Serializer):
    """The address may be called `email` or `username`."""

    email = serializers.CharField(max_length=254, required=False)
    username = serializers.CharField(max_length=254, required=False, help_text="Another name for email.")
    password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["email"] = attrs.get("email") or attrs.get("username")
        if not attrs["email"]:
            raise serializers.ValidationError({"email": ["Send email or username."]}, code="required")
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample("Code", {"token": "WzEsImU1...", "code": "123456"}, request_only=True),
        OpenApiExample("Passkey", {"token": "WzEsImU1...", "credential": CREDENTIAL}, request_only=True),
    ]
)
class MFALoginSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=1024)
    code = serializers.CharField(max_length=32, required=False)
    credential = serializers.DictField(required=False, help_text="The result of navigator.credentials.get().")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return require_one(attrs, "code", "credential")


def require_one(attrs: dict[str, Any], *names: str) -> dict[str, Any]:
    if sum(name in attrs for name in names) != 1:
        raise serializers.ValidationError({names[0]: [f"Send either {' or '.join(names)}."]}, code="required")
    return attrs


@extend_schema_serializer(examples=[OpenApiExample("Password", {"password": CREDENTIALS["password"]})])
class ReauthenticateSerializer(serializers.Serializer):
    password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False, required=False)
    code = serializers.CharField(max_length=32, required=False, help_text="Of a second factor.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return require_one(attrs, "password", "code")


@extend_schema_serializer(examples=[OpenApiExample("Tokens", {"access": "eyJhbGciOi...", "refresh": "eyJhbGciOi..."})])
class TokensSerializer(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()


@extend_schema_serializer(examples=[OpenApiExample("Refresh token", {"refresh": "eyJhbGciOi..."})])
class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(max_length=2048)


class ChangePasswordSerializer(serializers.Serializer):
    current_password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False)
    new_password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False)

    def validate_current_password(self, password: str) -> str:
        if not self.context["request"].user.check_password(password):
            raise serializers.ValidationError("This is not your password.", code="wrong_password")
        return password


class RequestResetSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)


class ResetPasswordSerializer(serializers.Serializer):
    uid = serializers.CharField(max_length=64)
    token = serializers.CharField(max_length=128)
    new_password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False)


class ConfirmEmailSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=512)


class AvatarSerializer(serializers.Serializer):
    avatar = serializers.FileField(validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp", "gif"])])


class DeleteAccountSerializer(serializers.Serializer):
    password = serializers.CharField(max_length=1024, write_only=True, trim_whitespace=False, required=False)


@extend_schema_serializer(examples=[OpenApiExample("New address", {"email": "ada@example.org"})])
class ChangeEmailSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Sign-in",
            {
                "id": "5c3f1d0e-8a55-4c58-9d0a-0f3f8c3f7f11",
                "client": "token",
                "user_agent": "Example/1.0 (iPhone)",
                "ip": None,
                "started_at": "2026-01-05T09:30:00Z",
                "used_at": "2026-01-06T18:12:40Z",
                "is_current": True,
            },
        )
    ]
)
class SignInSerializer(serializers.Serializer):
    id = serializers.CharField()
    client = serializers.ChoiceField(choices=["token", "browser"])
    user_agent = serializers.CharField(help_text="The device, as it calls itself.")
    ip = serializers.CharField(allow_null=True, help_text="Of a browser, when it signed in.")
    started_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True, help_text="When its tokens were last refreshed.")
    is_current = serializers.BooleanField()


class SecondFactorSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="__str__")
    unused_codes = serializers.SerializerMethodField(help_text="The number of recovery codes that are left.")

    class Meta:
        model = Authenticator
        fields = ["id", "type", "name", "created_at", "last_used_at", "unused_codes"]

    def get_unused_codes(self, factor: Authenticator) -> int | None:
        is_codes = factor.type == Authenticator.Type.RECOVERY_CODES
        return len(factor.wrap().get_unused_codes()) if is_codes else None


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Setup",
            {
                "token": "WzEsIkpC...",
                "secret": "JBSWY3DPEHPK3PXP",
                "url": "otpauth://totp/ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example",
            },
        )
    ]
)
class TOTPSetupSerializer(serializers.Serializer):
    token = serializers.CharField()
    secret = serializers.CharField(help_text="For people who cannot scan the QR code.")
    url = serializers.CharField(help_text="Show it as a QR code.")


@extend_schema_serializer(examples=[OpenApiExample("Code", {"token": "WzEsIkpC...", "code": "123456"})])
class TOTPSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=1024)
    code = serializers.CharField(max_length=32)


@extend_schema_serializer(examples=[OpenApiExample("Codes", {"recovery_codes": ["04731962", "58210374"]})])
class RecoveryCodesSerializer(serializers.Serializer):
    recovery_codes = serializers.ListField(child=serializers.CharField())


class PasskeySetupSerializer(serializers.Serializer):
    passwordless = serializers.BooleanField(default=False, help_text="It can sign in on the page without a password.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Options",
            {"token": "WzEsIkpC...", "options": {"publicKey": {"rp": {"id": "example.com"}, "challenge": "9fV..."}}},
        )
    ]
)
class PasskeyOptionsSerializer(serializers.Serializer):
    token = serializers.CharField()
    options = serializers.DictField()


@extend_schema_serializer(
    examples=[OpenApiExample("Passkey", {"token": "WzEsIkpC...", "credential": CREDENTIAL, "name": "Phone"})]
)
class PasskeySerializer(serializers.Serializer):
    token = serializers.CharField(max_length=1024)
    credential = serializers.DictField(help_text="The result of navigator.credentials.create().")
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)


class DetailSerializer(serializers.Serializer):
    detail = serializers.CharField()
