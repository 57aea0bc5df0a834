"""What django-allauth does differently here: e-mails, links, rate limits, and the confirmation of addresses."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import EmailVerificationStage
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from apps.accounts import links, services
from apps.accounts.models import SignIn
from apps.api.throttles import allows_client
from config.client_ip import client_ip
from config.mail import in_background


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def get_login_stages(self) -> list[str]:
        stage = EmailVerificationStage
        return [
            "apps.accounts.adapter.ConfirmationStage" if path == f"{stage.__module__}.{stage.__name__}" else path
            for path in super().get_login_stages()
        ]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """The API's limit of an IP address. django-axes limits the attempts for an account."""
        if not allows_client("login", request):
            raise self.validation_error("too_many_login_attempts")

    def set_password(self, user: Any, password: str) -> None:
        services.set_password(user=user, password=password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of this app's e-mails, or else the text of allauth in their layout."""
        kind = name = template_prefix.rpartition("/")[2]
        try:
            get_template(f"mail/{name}.txt")
        except TemplateDoesNotExist:
            message = self.render_mail(template_prefix, email, {**context, "request": self.request})
            context, name = {"subject": message.subject, "text": message.body}, "allauth"
        link = context.get("activate_url") or links.home_link(self.request)
        shown = {key: context.get(key, "") for key in ("subject", "text", "code")}
        # The response takes the same time for an address that gets no mail.
        in_background(services.send_account_mail, to=email, template=name, kind=kind, link=link, **shown)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return links.page_link(request, "confirm-email", token=emailconfirmation.key)

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Pages show messages; the API has its responses."""
        if not request.path_info.startswith("/api/"):
            super().add_message(request, *args, **kwargs)

    def format_email_subject(self, subject: str) -> str:
        return subject


class ConfirmationStage(EmailVerificationStage):
    """Only users who signed up while CONFIRM_EMAIL was on have to confirm their address before they sign in."""

    def handle(self) -> Any:
        user = self.login.user
        if self.login.signup or user.awaits_confirmation:
            return super().handle()
        services.set_verified(user)
        return None, True


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Any) -> None:
        """Sign out everywhere else: this includes the tokens of the API."""
        super().end_sessions(sessions)
        SignIn.objects.filter(user=self.request.user).end()
