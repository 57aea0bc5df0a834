import logging
import re

from django import template
from django.conf import settings
from django.templatetags.static import static

logger = logging.getLogger(__name__)
register = template.Library()


@register.filter
def sentence_case(text: str) -> str:
    """django-allauth writes titles and buttons in title case."""
    return re.sub(r"(?<=[\s-])[A-Z](?=[a-z]+\b)", lambda match: match[0].lower(), text.strip())


@register.simple_tag
def asset(path: str) -> str:
    """Like `static`, but a file that was not collected does not break error pages."""
    try:
        return static(path)
    except ValueError:
        logger.error("The static file %s was not collected: python manage.py collectstatic", path)
        return f"{settings.STATIC_URL}{path}"
