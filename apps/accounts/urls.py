from django.urls import path

from apps.accounts import account_views, mfa_views, views

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
    path("auth/email/change/", account_views.ChangeEmailView.as_view(), name="email-change"),
    path("auth/reauthenticate/", account_views.ReauthenticateView.as_view(), name="reauthenticate"),
    path("auth/sign-ins/", account_views.SignInsView.as_view(), name="sign-ins"),
    path("auth/sign-ins/<str:id>/", account_views.SignInView.as_view(), name="sign-in"),
    path("auth/mfa/", mfa_views.SecondFactorsView.as_view(), name="second-factors"),
    path("auth/mfa/totp/", mfa_views.TOTPView.as_view(), name="totp"),
    path("auth/mfa/totp/setup/", mfa_views.TOTPSetupView.as_view(), name="totp-setup"),
    path("auth/mfa/recovery-codes/", mfa_views.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("auth/mfa/passkeys/", mfa_views.PasskeysView.as_view(), name="passkeys"),
    path("auth/mfa/passkeys/setup/", mfa_views.PasskeySetupView.as_view(), name="passkey-setup"),
    path("auth/mfa/passkeys/<int:id>/", mfa_views.PasskeyView.as_view(), name="passkey"),
    path("users/me/", views.MeView.as_view(), name="me"),
    path("users/me/export/", account_views.ExportView.as_view(), name="export"),
    path("users/me/avatar/", views.AvatarView.as_view(), name="avatar"),
    path("users/", views.UserListView.as_view(), name="users"),
]
