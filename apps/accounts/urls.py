from django.urls import path

from apps.accounts import views

urlpatterns = [
    path("auth/register/", views.RegisterView.as_view(), name="register"),
    path("auth/confirm-email/", views.ConfirmEmailView.as_view(), name="confirm"),
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/login/mfa/", views.MFALoginView.as_view(), name="login-mfa"),
    path("auth/refresh/", views.RefreshView.as_view(), name="refresh"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/password/change/", views.ChangePasswordView.as_view(), name="password-change"),
    path("auth/password/reset/", views.RequestResetView.as_view(), name="password-reset"),
    path("auth/password/reset/confirm/", views.ResetPasswordView.as_view(), name="password-reset-confirm"),
    path("users/me/", views.MeView.as_view(), name="me"),
    path("users/me/avatar/", views.AvatarView.as_view(), name="avatar"),
    path("users/", views.UserListView.as_view(), name="users"),
]
