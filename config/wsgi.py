"""WSGI entry point: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "web")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()

# Import all views now: workers share the memory of what is imported before they fork.
get_resolver().url_patterns  # noqa: B018
if settings.REDIS_URL:
    # Imported for the first time by several threads at once, redis may raise a _DeadlockError.
    import redis  # noqa: F401
