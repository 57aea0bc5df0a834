from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from apps.pages.board import all_parts


def home(request: HttpRequest) -> HttpResponse:
    """The launch board on your own machine; elsewhere a quiet page that gives nothing away."""
    return board(request) if settings.DEBUG else render(request, "pages/landing.html")


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
    return JsonResponse({"parts": [vars(part) for part in all_parts()]})


def may_see(request: HttpRequest) -> bool:
    return settings.DEBUG or (request.user.is_active and getattr(request.user, "is_staff", False))


def board(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/board.html", {"parts": all_parts(), "debug": settings.DEBUG})
