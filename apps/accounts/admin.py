from typing import Any

from allauth.account.admin import EmailAddress
from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.accounts.models import SignIn, User

# Their pages show valid tokens and the secrets of second factors, or change addresses without an e-mail.
admin.site.unregister([BlacklistedToken, OutstandingToken, Authenticator, EmailAddress, UserSession])


# The site's own page, with its second factors and limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


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
        (
            "Rights",
            {"fields": ("is_active", "awaits_confirmation", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Dates", {"fields": ("last_login", "joined_at")}),
    )
    # The form would store an avatar without encoding it again.
    readonly_fields = ("avatar", "last_login", "joined_at")
    list_display = ("email", "name", "is_active", "is_staff", "joined_at", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("-joined_at",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj, primary=True).update(email=obj.email)


@admin.register(SignIn)
class SignInAdmin(admin.ModelAdmin):
    """Delete a sign-in to end it."""

    list_display = ("user", "started_at", "used_at", "ended_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    readonly_fields = ("user", "started_at", "used_at", "ended_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):
    """Delete a second factor that a user has lost."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__email",)
    fields = readonly_fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
