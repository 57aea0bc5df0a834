"""Whose request this is, as far as its address tells."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Each proxy adds the address it saw at the right end of X-Forwarded-For: what stands left of ours is hearsay."""
    seen = [address.strip() for address in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if address.strip()]
    if not settings.TRUSTED_PROXIES or len(seen) < settings.TRUSTED_PROXIES:
        return request.META.get("REMOTE_ADDR", "")
    return seen[-settings.TRUSTED_PROXIES]
