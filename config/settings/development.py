"""This machine: nothing to set, everything in one process, and the whole truth on error pages."""

from config.settings.base import *

# Render
if env.render:
    raise SystemExit(
        "These are the settings for your own machine: set DJANGO_SETTINGS_MODULE=config.settings.production."
    )

DEBUG = True

# Channels
# The first app, because its runserver serves pages and WebSockets in one process.
INSTALLED_APPS = ["daphne", *INSTALLED_APPS]

# Mail that goes nowhere is printed, so that links in it can be followed.
if not env.email_host:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
