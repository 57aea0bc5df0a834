from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from apps.accounts import services
from apps.accounts.models import User


class SignupForm(allauth_forms.SignupForm):
    """Signs up as the API does, with the same response for an address that has an account."""

    name = forms.CharField(max_length=150, required=False, help_text="Others see this name.")
    field_order = ("name", "email", "password1")

    def clean(self) -> dict[str, Any]:
        super().clean()
        given = self.cleaned_data
        if {"email", "password1"} <= given.keys():
            try:
                validate_password(given["password1"], User(email=given["email"], name=given.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return given

    def try_save(self, request: HttpRequest) -> tuple[None, HttpResponse]:
        given = self.cleaned_data
        services.register(request=request, email=given["email"], password=given["password1"], name=given["name"])
        return None, get_adapter().respond_email_verification_sent(request, None)


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """Does not look up the account: then the response would take longer if there is one."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"]

    def save(self, request: HttpRequest, **options: Any) -> str:
        services.request_password_reset(request=request, email=self.cleaned_data["email"])
        return self.cleaned_data["email"]


class ProfileForm(forms.ModelForm):
    new_avatar = forms.FileField(label="Picture", required=False)
    remove_avatar = forms.BooleanField(label="Remove the picture", required=False)

    class Meta:
        model = User
        fields = ["name"]

    def save_profile(self) -> bool:
        """Return whether the picture is valid."""
        user, upload = self.save(), self.cleaned_data["new_avatar"]
        if upload or self.cleaned_data["remove_avatar"]:
            try:
                services.set_avatar(user=user, upload=upload)
            except ValidationError as error:
                self.add_error("new_avatar", error)
                return False
        return True


class DeleteForm(forms.Form):
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self.user: Any = request.user

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError("This is not your password.")
        return password
