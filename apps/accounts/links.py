"""Links in e-mails. They lead to FRONTEND_URL if it is set, otherwise to the pages of this site."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlencode, urlsafe_base64_decode, urlsafe_base64_encode

from apps.accounts.models import User


def home_link(request: HttpRequest) -> str:
    return settings.FRONTEND_URL or f"{origin(request)}/"


def reset_link(request: HttpRequest, user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return page_link(request, "reset-password", uid=uid, token=default_token_generator.make_token(user))


def user_from_reset_token(*, uid: str, token: str, users: QuerySet[User] | None = None) -> User | None:
    users = User.objects.all() if users is None else users
    try:
        user = users.filter(is_active=True, pk=int(urlsafe_base64_decode(uid))).first()
    except ValueError:
        return None
    # As long for an unknown user.
    is_valid = default_token_generator.check_token(user or User(), token)
    return user if is_valid else None


def page_link(request: HttpRequest, page: str, **query: str) -> str:
    """Tokens are in the query string, because it is not logged."""
    url = f"{settings.FRONTEND_URL}/{page}" if settings.FRONTEND_URL else f"{origin(request)}{reverse(page)}"
    return f"{url}?{urlencode(query)}"


def origin(request: HttpRequest) -> str:
    """The Host header is chosen by the client, within ALLOWED_HOSTS, so SITE_URL takes precedence."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"
