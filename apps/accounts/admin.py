from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.accounts.models import SignIn, User

# Their pages show valid tokens.
admin.site.unregister([BlacklistedToken, OutstandingToken])


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
