"""Settings of your own machine: no variable is required, and one process serves everything."""

from config.settings.base import *

# Render
if env.render:
    raise SystemExit("These settings are for development. Set DJANGO_SETTINGS_MODULE=config.settings.production.")

DEBUG = True

# Channels
# The first app, because its runserver serves pages and WebSockets in one process.
INSTALLED_APPS = ["daphne", *INSTALLED_APPS]

# Without a mail server, e-mails are printed to the console.
if not env.email_host:
    MAILERS["delivery"] = {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
