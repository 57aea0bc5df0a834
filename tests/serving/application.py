"""The site with the addresses of views.py."""

from importlib import import_module

from django.conf import settings

from config.wsgi import application as application

settings.ROOT_URLCONF = "tests.serving.views"
# As the site itself does, whose addresses are read with its first middleware.
import_module(settings.ROOT_URLCONF)
