from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD
from apps.pages.board import EXTRAS, all_parts, headline
from apps.pages.templatetags.site import asset


def home(request: HttpRequest) -> HttpResponse:
    """The launch board on your own machine; elsewhere a quiet page that gives nothing away."""
    return board(request) if settings.DEBUG else render(request, "pages/landing.html")


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers look for it here on pages that name none, like the admin's."""
    return redirect(asset("site/favicon.svg"))


@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """The board, for staff."""
    if not request.user.is_authenticated:
        return redirect(f"{reverse(settings.LOGIN_URL)}?next={request.path}")
    if not may_see(request):
        raise Http404
    return board(request)


@never_cache
def parts(request: HttpRequest) -> JsonResponse:
    """What the board asks for again and again."""
    if not may_see(request):
        raise Http404
    found = all_parts()
    return JsonResponse({"headline": headline(found), "parts": [vars(part) for part in found]})


def may_see(request: HttpRequest) -> bool:
    return settings.DEBUG or (request.user.is_active and getattr(request.user, "is_staff", False))


def board(request: HttpRequest) -> HttpResponse:
    found = all_parts()
    context = {
        "parts": found,
        "headline": headline(found),
        "extras": EXTRAS,
        "environment": settings.ENVIRONMENT,
        "demo": {"email": DEMO_EMAIL, "password": DEMO_PASSWORD} if settings.DEBUG else None,
    }
    return render(request, "pages/board.html", context)
