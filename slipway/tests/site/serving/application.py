"""The site with the URLs of views.py."""

from importlib import import_module

from django.conf import settings

from config.wsgi import application as application

settings.ROOT_URLCONF = "slipway.tests.site.serving.views"
# Import the URLs before gunicorn forks.
import_module(settings.ROOT_URLCONF)
