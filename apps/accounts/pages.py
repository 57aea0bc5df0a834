"""The pages that links in e-mails lead to if FRONTEND_URL is not set."""

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts import links, services


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
        return render(request, "accounts/done.html", {"message": "Your password is set. You can sign in with it now."})

    def render(self, request: HttpRequest, uid: str, token: str, form: forms.Form | None) -> HttpResponse:
        context = {"uid": uid, "token": token, "form": form}
        return render(request, "accounts/reset_password.html", context, status=200 if form else 400)


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailPage(View):
    """Opening the page does not confirm the address, because mail scanners open all links."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/confirm_email.html", {"token": request.GET.get("token", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        if services.confirm_email(token=request.POST.get("token", "")):
            return render(request, "accounts/done.html", {"message": "Your address is confirmed. You can sign in now."})
        return render(request, "accounts/confirm_email.html", {"expired": True}, status=400)
