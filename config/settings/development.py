"""Settings of your own machine: no variable is required, and one process serves everything."""

from config.settings.base import *

# Render
if env.render:
    raise SystemExit("These settings are for development. Set DJANGO_SETTINGS_MODULE=config.settings.production.")

DEBUG = True
# Passkeys need HTTPS, but not on localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True

# Channels
# The first app, because its runserver serves pages and WebSockets in one process.
INSTALLED_APPS = ["daphne", *INSTALLED_APPS]

# Without a mail server, e-mails are shown at /dev/mail/.
if not env.email_host:
    MAILERS["delivery"] = {
        "BACKEND": "apps.pages.mailbox.MailboxBackend",
        "OPTIONS": {"file_path": BASE_DIR / ".mailbox"},
    }
