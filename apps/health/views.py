"""Three answers: is the process alive, may it have traffic, and how is the whole site. See middleware.py for where."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.health.checks import CHECKS


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """For the platform's probe: whether requests can be answered."""
    finding = CHECKS["database"]()
    if finding.status == "up":
        return HttpResponse("ok", content_type="text/plain")
    return HttpResponse(f"database: {finding.detail}", status=503, content_type="text/plain")


@require_safe
@never_cache
def report(request: HttpRequest) -> JsonResponse:
    """For people and monitors: without a database the site is unhealthy, without anything else degraded."""
    findings = {name: check() for name, check in CHECKS.items()}
    if findings["database"].status == "down":
        status = "unhealthy"
    elif any(finding.status == "down" for finding in findings.values()):
        status = "degraded"
    else:
        status = "healthy"
    return JsonResponse(
        {
            "status": status,
            "timestamp": timezone.now().isoformat(),
            "services": {name: vars(finding) for name, finding in findings.items()},
            "version": settings.VERSION,
            "environment": settings.ENVIRONMENT,
        },
        status=503 if status == "unhealthy" else 200,
    )
