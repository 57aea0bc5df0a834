"""The client's IP address, for rate limits and the sign-in lockout."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The client's address. IPv6 addresses are cut to their /64 network, which one client usually has for itself."""
    try:
        address = ip_address(forwarded_ip(request))
    except ValueError:
        # X-Forwarded-For may contain anything.
        return request.META.get("REMOTE_ADDR", "")
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


def forwarded_ip(request: HttpRequest) -> str:
    """The address that the first of our own proxies saw.

    Each proxy appends an address to X-Forwarded-For. Clients can send entries of their own, which are further left.
    """
    addresses = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if not settings.TRUSTED_PROXIES or len(addresses) < settings.TRUSTED_PROXIES:
        return request.META.get("REMOTE_ADDR", "")
    return addresses[-settings.TRUSTED_PROXIES]
