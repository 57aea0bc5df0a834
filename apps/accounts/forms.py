from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.models import User


class SignupForm(forms.Form):
    """The fields of the sign-up page besides the address and the password."""

    name = forms.CharField(max_length=150, required=False, help_text="Others see this name.")
    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth calls this after the user is saved."""


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
