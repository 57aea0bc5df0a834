from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD, has_demo_password
from apps.accounts.permissions import may_act_as_staff
from apps.pages.status import SECTIONS, list_services, summarize
from apps.pages.templatetags.site import asset


def home(request: HttpRequest) -> HttpResponse:
    """The front page: the status page in development, and a placeholder in production."""
    return render_status(request) if settings.DEBUG else render(request, "pages/landing.html")


def favicon(request: HttpRequest) -> HttpResponse:
    """For pages without an icon of their own, such as the admin."""
    return redirect(asset("site/favicon.svg"))


def robots(request: HttpRequest) -> HttpResponse:
    """Allow search engines to index all pages. Don't list secret paths, because everybody can read this file."""
    return HttpResponse("User-agent: *\nAllow: /\n", content_type="text/plain; charset=utf-8")


def security(request: HttpRequest) -> HttpResponse:
    """The contact for reports of security issues (RFC 9116)."""
    if not (contact := settings.SECURITY_CONTACT):
        raise Http404
    uri = contact if contact.startswith("https://") else f"mailto:{contact}"
    text = f"Contact: {uri}\nExpires: {timezone.now() + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@never_cache
def status(request: HttpRequest) -> HttpResponse:
    check_staff(request)
    return render_status(request)


@never_cache
def status_services(request: HttpRequest) -> JsonResponse:
    """The status page requests this every few seconds."""
    if not settings.DEBUG:
        check_staff(request)
    services = list_services()
    return JsonResponse({"summary": summarize(services), "services": [vars(service) for service in services]})


def check_staff(request: HttpRequest) -> None:
    """A redirect to the admin's sign-in page would reveal ADMIN_PATH."""
    if not may_act_as_staff(request.user):
        raise Http404


def render_status(request: HttpRequest) -> HttpResponse:
    services = list_services()
    shows_demo = settings.DEBUG and not request.user.is_authenticated and has_demo_password()
    context = {
        "services": services,
        "summary": summarize(services),
        "sections": SECTIONS,
        "environment": settings.ENVIRONMENT,
        "demo": {"email": DEMO_EMAIL, "password": DEMO_PASSWORD} if shows_demo else None,
    }
    return render(request, "pages/status.html", context)
