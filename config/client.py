"""Whose request this is, as far as its address tells: for limits and lockout."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """What counts as one client: an address; of IPv6 its first half, for everybody has the other to themselves."""
    try:
        address = ip_address(seen_address(request))
    except ValueError:
        # What stands in X-Forwarded-For need not be one.
        return request.META.get("REMOTE_ADDR", "")
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


def seen_address(request: HttpRequest) -> str:
    """Each proxy adds the address it saw at the right end of X-Forwarded-For: what stands left of ours is hearsay."""
    seen = [address.strip() for address in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if address.strip()]
    if not settings.TRUSTED_PROXIES or len(seen) < settings.TRUSTED_PROXIES:
        return request.META.get("REMOTE_ADDR", "")
    return seen[-settings.TRUSTED_PROXIES]
