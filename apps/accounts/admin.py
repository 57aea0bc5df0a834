from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.accounts.models import SignIn, User
from apps.api.throttles import count_request
from config.client_ip import client_ip

# Their pages show valid tokens.
admin.site.unregister([BlacklistedToken, OutstandingToken])


class LoginForm(AdminAuthenticationForm):
    """Limits the attempts of an IP address as the API does. A user who is not staff counts as a failed attempt."""

    def clean(self) -> dict[str, Any]:
        assert self.request
        is_allowed, _ = count_request("login", f"anon:{client_ip(self.request)}")
        if not is_allowed:
            raise ValidationError("Too many attempts. Try again in a minute.", code="throttled")
        return super().clean()

    def confirm_login_allowed(self, user: Any) -> None:
        try:
            super().confirm_login_allowed(user)
        except ValidationError:
            # Otherwise the lockout would reveal that the password is right.
            user_login_failed.send(__name__, credentials={"username": user.email}, request=self.request)
            raise


admin.site.login_form = LoginForm


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = NewUserForm
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "avatar")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "joined_at", "email_confirmed_at")}),
    )
    # The form would store an avatar without encoding it again.
    readonly_fields = ("avatar", "last_login", "joined_at")
    list_display = ("email", "name", "is_active", "is_staff", "joined_at", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("-joined_at",)


@admin.register(SignIn)
class SignInAdmin(admin.ModelAdmin):
    """Delete a sign-in to end it. Its access token works until it expires."""

    list_display = ("user", "started_at", "used_at", "ended_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    readonly_fields = ("user", "started_at", "used_at", "ended_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
