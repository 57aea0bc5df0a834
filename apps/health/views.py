"""Health check endpoints. docs/operations.md describes them, and middleware.py has their URLs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.health.checks import CheckResult, run_checks


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process responds. No I/O."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """For the health check of a platform: whether the site can serve requests."""
    database = run_checks("database")["database"]
    if database.status == "up":
        return HttpResponse("ok", content_type="text/plain")
    problem = f"database: {database.detail}"
    # Django logs the reason of an error.
    return HttpResponse(problem, status=503, reason=f"Not ready, {problem}", content_type="text/plain")


@require_safe
@never_cache
def report(request: HttpRequest) -> JsonResponse:
    """For people and monitors. With `?strict`, a degraded site returns 503, too."""
    services = run_checks()
    status = overall_status(services)
    is_failure = status == "unhealthy" or (status == "degraded" and "strict" in request.GET)
    return JsonResponse(
        {
            "status": status,
            "timestamp": timezone.now().isoformat(),
            "services": {name: vars(result) for name, result in services.items()},
            "version": settings.VERSION,
            "environment": settings.ENVIRONMENT,
        },
        status=503 if is_failure else 200,
    )


def overall_status(services: dict[str, CheckResult]) -> str:
    if services["database"].status == "down":
        return "unhealthy"
    return "degraded" if any(result.status == "down" for result in services.values()) else "healthy"
