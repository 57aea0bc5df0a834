from typing import Any

from django.core.validators import FileExtensionValidator
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.accounts.models import User

CREDENTIALS = {"email": "ada@example.com", "password": "correct horse battery"}


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


class MFALoginSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=512)
    code = serializers.CharField(max_length=32)


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


class DetailSerializer(serializers.Serializer):
    detail = serializers.CharField()
