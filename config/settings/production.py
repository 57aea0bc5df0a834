"""Settings of a server."""

import logging

from config.logs import logging_config
from config.settings.base import MAILERS, env
from config.settings.build import *

# Redirect HTTP to HTTPS. The platform's proxy sets X-Forwarded-Proto.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.secure_ssl_redirect
# Health checks arrive over plain HTTP; a redirect would make a dead process look healthy.
SECURE_REDIRECT_EXEMPT = [r"^(api/)?health(/|$)"]
# Browsers use HTTPS only, for a year.
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Browsers send these cookies over HTTPS only.
SESSION_COOKIE_SECURE = env.secure_ssl_redirect
CSRF_COOKIE_SECURE = env.secure_ssl_redirect
TRUSTED_PROXIES = env.proxy_count

# Without a mail server, links in mails must not be printed in the logs.
if not env.email_host:
    MAILERS["delivery"] = {"BACKEND": "config.mail.MissingHostBackend"}

LOGGING = logging_config("json", env.log_level)
# Log Python's warnings, too.
logging.captureWarnings(True)
