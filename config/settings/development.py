"""This machine: nothing to set, everything in one process, and the whole truth on error pages."""

from config.settings.base import *

# Render
if env.render:
    raise SystemExit(
        "These are the settings for your own machine: set DJANGO_SETTINGS_MODULE=config.settings.production."
    )

DEBUG = True

# Channels
# Before the others, for its runserver: one process serves pages and sockets.
INSTALLED_APPS = ["daphne", *INSTALLED_APPS]

# Without a mail server, mail is printed in the terminal.
if not env.email_host:
    MAILERS["delivery"] = {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
