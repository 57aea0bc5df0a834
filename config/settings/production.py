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
# For this time, browsers use HTTPS only. SECURE_HSTS_INCLUDE_SUBDOMAINS and SECURE_HSTS_PRELOAD affect other sites of the
# domain and cannot be undone quickly, so they are off, and the checks that ask for them are silenced.
SECURE_HSTS_SECONDS = env.secure_hsts_seconds
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Browsers send these cookies over HTTPS only.
SESSION_COOKIE_SECURE = env.secure_ssl_redirect
CSRF_COOKIE_SECURE = env.secure_ssl_redirect
TRUSTED_PROXIES = env.proxy_count
# Clients can send a SCRIPT_NAME. Set it here if the site is served below a path.
FORCE_SCRIPT_NAME = ""

# Without a mail server, links in mails must not be printed in the logs.
if not env.email_host:
    MAILERS["delivery"] = {"BACKEND": "config.mail.MissingHostBackend"}

LOGGING = logging_config("json", env.log_level)
# Log Python's warnings, too.
logging.captureWarnings(True)
