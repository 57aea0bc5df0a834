"""Where links in mails lead when there is no frontend to take them."""

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts import links, services


@method_decorator(never_cache, name="dispatch")
class ResetPasswordPage(View):
    """The link's token goes from the query into the form, so that opening the page uses up nothing."""

    def get(self, request: HttpRequest) -> HttpResponse:
        given = {"uid": request.GET.get("uid", ""), "token": request.GET.get("token", "")}
        user = links.user_from_reset(**given)
        return self.page(request, user and SetPasswordForm(user), given)

    def post(self, request: HttpRequest) -> HttpResponse:
        given = {"uid": request.POST.get("uid", ""), "token": request.POST.get("token", "")}
        user = links.user_from_reset(**given)
        form = user and SetPasswordForm(user, request.POST)
        if not form or not form.is_valid():
            return self.page(request, form, given)
        services.reset_password(**given, password=form.cleaned_data["new_password1"])
        return render(request, "accounts/done.html", {"message": "Your password is set. You can sign in with it now."})

    def page(self, request: HttpRequest, form: forms.Form | None, given: dict[str, str]) -> HttpResponse:
        context = {"form": form, **given}
        return render(request, "accounts/reset_password.html", context, status=200 if form else 400)


@method_decorator(never_cache, name="dispatch")
class ConfirmEmailPage(View):
    """Asks for a click: programs that look into mails open every link, but press no button."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "accounts/confirm_email.html", {"token": request.GET.get("token", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        if services.confirm_email(token=request.POST.get("token", "")):
            return render(request, "accounts/done.html", {"message": "Your address is confirmed. You can sign in now."})
        return render(request, "accounts/confirm_email.html", {"expired": True}, status=400)
