"""WSGI entry point: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "web")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

if settings.REDIS_URL:
    # Imported for the first time by several threads at once, redis may raise a _DeadlockError.
    import redis  # noqa: F401
