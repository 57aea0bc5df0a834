from django.urls import path

from apps.accounts import pages

urlpatterns = [
    path("reset-password/", pages.ResetPasswordPage.as_view(), name="reset-password"),
    path("confirm-email/", pages.ConfirmEmailPage.as_view(), name="confirm-email"),
]
