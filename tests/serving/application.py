"""The site with the addresses of views.py."""

from django.conf import settings

from config.wsgi import application as application

settings.ROOT_URLCONF = "tests.serving.views"
