"""The account page, and the pages that links in e-mails lead to if FRONTEND_URL is not set."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts import links, services
from apps.accounts.export import export_user
from apps.accounts.forms import DeleteForm, ProfileForm
from apps.accounts.models import User

# Title, text, name of the URL, and text of the link.
PANELS = [
    ("E-mail address", "We send links to this address.", "account_email", "Change the address"),
    ("Password", "Other devices are signed out when you change it.", "account_change_password", "Change the password"),
    ("Two-factor authentication", "Passkeys, an authenticator app and recovery codes.", "mfa_index", "Set up"),
    ("Sign-ins", "The devices on which you are signed in.", "usersessions_list", "Show"),
    ("Your data", "A JSON file with all data that this site has of you.", "account-export", "Download"),
]


@method_decorator([never_cache, login_required], name="dispatch")
class AccountPage(View):
    def get(self, request: HttpRequest, form: ProfileForm | None = None) -> HttpResponse:
        context = {"form": form or ProfileForm(instance=request.user), "panels": PANELS}
        return render(request, "accounts/account.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProfileForm(request.POST, request.FILES, instance=request.user)
        if not form.is_valid() or not form.save_profile():
            return self.get(request, form)
        messages.success(request, "Saved.")
        return redirect("account")


@method_decorator([never_cache, login_required], name="dispatch")
class ExportPage(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        headers = {"Content-Disposition": 'attachment; filename="account.json"'}
        return JsonResponse(export_user(cast(User, request.user)), json_dumps_params={"indent": 2}, headers=headers)


@method_decorator([never_cache, login_required], name="dispatch")
class DeletePage(View):
    def get(self, request: HttpRequest, form: DeleteForm | None = None) -> HttpResponse:
        return render(request, "accounts/delete.html", {"form": form or DeleteForm(request)})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DeleteForm(request, request.POST)
        if not form.is_valid():
            return self.get(request, form)
        user = form.user
        logout(request)
        user.delete()
        messages.success(request, "Your account is deleted.")
        return redirect("home")


@method_decorator(never_cache, name="dispatch")
class ResetPasswordPage(View):
    """Opening the page does not use the token: the form sends it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        uid, token = request.GET.get("uid", ""), request.GET.get("token", "")
        user = links.user_from_reset_token(uid=uid, token=token)
        return self.render(request, uid, token, SetPasswordForm(user) if user else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        uid, token = request.POST.get("uid", ""), request.POST.get("token", "")
        user = links.user_from_reset_token(uid=uid, token=token)
        form = SetPasswordForm(user, request.POST) if user else None
        if not form or not form.is_valid():
            return self.render(request, uid, token, form)
        try:
            services.reset_password(uid=uid, token=token, password=form.cleaned_data["new_password1"])
        except ValidationError:
            # The link was used meanwhile, for example by a double click.
            return self.render(request, uid, token, None)
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("account_login")

    def render(self, request: HttpRequest, uid: str, token: str, form: forms.Form | None) -> HttpResponse:
        context = {"uid": uid, "token": token, "form": form}
        return render(request, "accounts/reset_password.html", context, status=200 if form else 400)


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailPage(View):
    """Opening the page does not confirm the address, because mail scanners open all links."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/confirm_email.html", {"token": request.GET.get("token", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        if services.confirm_email(request=request, token=request.POST.get("token", "")):
            messages.success(request, "Your address is confirmed.")
            return redirect("account" if request.user.is_authenticated else "account_login")
        return render(request, "accounts/confirm_email.html", {"expired": True}, status=400)
