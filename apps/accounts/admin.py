from typing import Any

from allauth.account.admin import EmailAddress
from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.admin import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.admin import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.accounts.models import SignIn, User
from apps.accounts.permissions import may_act_as_staff

# Their pages show valid tokens and the secrets of second factors, or change addresses without an e-mail.
admin.site.unregister([BlacklistedToken, OutstandingToken, Authenticator, EmailAddress, UserSession])


# Session key.
NEXT_PAGE = "admin_next"


def has_permission(request: HttpRequest) -> bool:
    return may_act_as_staff(request.user)


@secure_admin_login
def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Instead of the admin's form, which would ask for no second factor."""
    url = get_next_redirect_url(request) or reverse("admin:index")
    if has_permission(request):
        return redirect(url)
    request.session[NEXT_PAGE] = url
    messages.warning(request, "The admin needs a second factor: add an authenticator app or a security key first.")
    return redirect("mfa_index")


@receiver(authenticator_added)
def lead_back(request: HttpRequest, **kwargs: Any) -> None:
    if has_permission(request) and (url := request.session.pop(NEXT_PAGE, "")):
        messages.success(request, format_html('The admin is open now. <a href="{}">Continue</a>', url))


# Every page of the admin checks has_permission, and redirects to login without it.
admin.site.has_permission = has_permission  # type: ignore[method-assign]
admin.site.login = login  # type: ignore[method-assign]


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
