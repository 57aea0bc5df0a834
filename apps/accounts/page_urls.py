from django.urls import path

from apps.accounts import pages

urlpatterns = [
    path("account/", pages.AccountPage.as_view(), name="account"),
    path("account/export/", pages.ExportPage.as_view(), name="account-export"),
    path("account/delete/", pages.DeletePage.as_view(), name="account-delete"),
    path("reset-password/", pages.ResetPasswordPage.as_view(), name="reset-password"),
    path("confirm-email/", pages.ConfirmEmailPage.as_view(), name="confirm-email"),
]
