import logging

from django import template
from django.conf import settings
from django.templatetags.static import static

logger = logging.getLogger(__name__)
register = template.Library()


@register.simple_tag
def asset(path: str) -> str:
    """Like `static`, but a file that was not collected does not break error pages."""
    try:
        return static(path)
    except ValueError:
        logger.error("The static file %s was not collected: python manage.py collectstatic", path)
        return f"{settings.STATIC_URL}{path}"
