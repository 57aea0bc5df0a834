"""A server: only what safety and speed need beyond the base."""

import logging

from config.logs import log_settings
from config.settings.base import env
from config.settings.build import *

# Answer only over HTTPS; the platform's proxy tells us which requests were.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.secure_ssl_redirect
# A platform's probe speaks plain HTTP, and would take the redirect for an answer.
SECURE_REDIRECT_EXEMPT = [r"^(api/)?health(/|$)"]
# Browsers remember for a year not to try plain HTTP.
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Where nothing speaks TLS, a cookie for HTTPS only would never come back.
SESSION_COOKIE_SECURE = env.secure_ssl_redirect
CSRF_COOKIE_SECURE = env.secure_ssl_redirect
TRUSTED_PROXIES = env.proxies

# Without a mail server, a reset link must not end up in the logs.
if not env.email_host:
    EMAIL_BACKEND = "config.mail.Unsent"

# Celery, Channels
PREFLIGHT_FOR_STAFF = not env.preflight_open

LOGGING = log_settings("json", env.log_level)
# Warnings too, instead of lines in a form of their own.
logging.captureWarnings(True)
