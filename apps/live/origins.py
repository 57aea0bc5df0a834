"""Which pages may open a socket: browsers let any page try, and send the cookie along."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host


def is_welcome(origin: str) -> bool:
    """A page of this site, or of a frontend that is named in the settings."""
    if origin in named():
        return True
    try:
        address = urlsplit(origin)
        host = address.hostname or ""
    except ValueError:
        return False
    # ALLOWED_HOSTS writes an address of IPv6 in brackets.
    host = f"[{host}]" if ":" in host else host
    return address.scheme in ("http", "https") and validate_host(host, settings.ALLOWED_HOSTS)


def named() -> set[str]:
    frontend = urlsplit(settings.FRONTEND_URL)
    return {settings.SITE_URL, f"{frontend.scheme}://{frontend.netloc}", *settings.CORS_ALLOWED_ORIGINS} - {"", "://"}
