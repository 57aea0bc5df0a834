"""The site for ASGI servers."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "ws")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
