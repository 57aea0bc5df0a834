"""The forms to sign in with a mailed code, within the limits of e-mails and of failed sign-ins."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core import context
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.api.throttles import allows_client


class RequestCodeForm(RequestLoginCodeForm):
    def clean_email(self) -> str:
        """The responses are the same for all addresses. Users who have not confirmed theirs get no code."""
        email = super().clean_email()
        if not allows_client("mail", context.request):
            raise get_adapter().validation_error("rate_limited")
        check_lockout(email)
        # allauth would accept a new address that nobody has confirmed yet.
        self._user = User.objects.filter(email=email, is_active=True, awaits_confirmation=False).first()
        return email


class ConfirmCodeForm(ConfirmLoginCodeForm):
    def clean_code(self) -> str:
        """A wrong code counts as a wrong password does, also for an address without an account."""
        stage = LoginStageController.enter(context.request, LoginByCodeStage.key)
        email = stage.state["email"]
        check_lockout(email)
        try:
            return super().clean_code()
        except ValidationError:
            user_login_failed.send(__name__, credentials={"username": email}, request=context.request)
            raise


def check_lockout(email: str) -> None:
    if not AxesProxyHandler.is_allowed(context.request, {"username": email}):
        raise get_adapter().validation_error("too_many_login_attempts")
