from django.urls import URLPattern, re_path
from rest_framework.views import APIView

from apps.accounts.api import views


def route(address: str, view: type[APIView], name: str) -> URLPattern:
    """Clients forget the slash at the end, and a redirect would lose what they posted."""
    return re_path(rf"^{address}/?$", view.as_view(), name=name)


urlpatterns = [
    route("auth/register", views.RegisterView, "register"),
    route("auth/confirm-email", views.ConfirmEmailView, "confirm"),
    route("auth/login", views.LoginView, "login"),
    route("auth/refresh", views.RefreshView, "refresh"),
    route("auth/logout", views.LogoutView, "logout"),
    route("auth/password/change", views.ChangePasswordView, "password-change"),
    route("auth/password/reset", views.RequestResetView, "password-reset"),
    route("auth/password/reset/confirm", views.ResetPasswordView, "password-reset-confirm"),
    route("users/me", views.MeView, "me"),
    route("users/me/avatar", views.AvatarView, "avatar"),
    route("users", views.UserListView, "users"),
]
