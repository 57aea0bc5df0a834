"""This machine: nothing to set, everything in one process, and the whole truth on error pages."""

from config.settings.base import *
from config.settings.base import env

if env.render:
    raise SystemExit(
        "These are the settings for your own machine: set DJANGO_SETTINGS_MODULE=config.settings.production."
    )

DEBUG = True

# Mail that goes nowhere is printed, so that links in it can be followed.
if not env.email_host:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
