"""Settings of all environments."""

from datetime import timedelta
from typing import Any

import django

from config.database import database
from config.env import BASE_DIR, load, mode
from config.logs import logging_config

from ..components.api import *

# Celery
from ..components.celery import *
from ..components.celery import BACKUPS

# Channels
from ..components.channels import layers

# Cloudinary
from ..components.cloudinary import cloudinary_origin, cloudinary_storage

# Sentry
from ..components.sentry import start_sentry

env = load()

# Core
DEBUG = False
SECRET_KEY = env.signing_key
ALLOWED_HOSTS = env.all_hosts
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEST_RUNNER = "tests.runner.UsePytest"
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
# Number of trusted proxies that append to X-Forwarded-For, for config/client_ip.py.
TRUSTED_PROXIES = 0

# Site
SITE_NAME = "Slipway"
ENVIRONMENT = env.environment or mode()
VERSION = env.git_commit
PORT = env.port
ADMIN_PATH = env.admin_path
SITE_URL = env.site_url
FRONTEND_URL = env.frontend_url
CONFIRM_EMAIL = env.confirm_email
REQUIRE_STAFF_MFA = env.require_staff_mfa
SECURITY_CONTACT = env.security_contact
# Render
VERSION = VERSION or env.render_git_commit

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "corsheaders",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "apps.accounts",
    "apps.api",
    "apps.health",
    "apps.notifications",
    "apps.pages",
    # After apps.accounts, whose templates replace theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    # Celery
    "apps.tasks",
    # Channels
    "apps.live",
    # Chat
    "apps.chat",
    # Celery, Channels
    "apps.preflight",
    # Yours
]

MIDDLEWARE = [
    "config.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.browser_policies",
    "apps.health.middleware.answer_probes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.pages.middleware.limit_body_size",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    # Yours
]

# Data
DATABASES = {"default": database(env.database_url, statement_timeout=env.database_timeout)}
REDIS_URL = env.redis
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "config.cache.FallbackRedisCache", "LOCATION": env.redis, "KEY_PREFIX": "cache"}
    if env.redis
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "apps.accounts.backends.AccountBackend"]
PASSWORD_HASHERS = [
    "apps.accounts.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account"
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "signup": "apps.accounts.forms.SignupForm",
    "reset_password": "apps.accounts.forms.ResetPasswordForm",
    "request_login_code": "apps.accounts.codes.RequestCodeForm",
    "confirm_login_code": "apps.accounts.codes.ConfirmCodeForm",
}
# Responses to registrations take a multiple of these seconds, whether or not the address has an account.
REGISTRATION_INTERVAL = 0.25
# Users sign in after they have signed up, so that the response is the same for an address that has an account.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# A user has one address. A new one replaces it when it is confirmed; the old one gets an e-mail.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
# The API's rate limits and django-axes apply to the pages, too.
ACCOUNT_RATE_LIMITS = {"login": False, "login_failed": False}
ACCOUNT_LOGIN_BY_CODE_ENABLED = env.sign_in_by_code
# An e-mail may arrive late.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
USERSESSIONS_ADAPTER = "apps.accounts.adapter.SessionsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Users with a second factor may change their address: it counts when it is confirmed.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = SITE_NAME
# Brute-force protection: lock one account for one IP address, so that nobody can lock out another user.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# Further attempts during a lockout don't extend it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "apps.accounts.backends.lockout_username"
AXES_CLIENT_IP_CALLABLE = "config.client_ip.client_ip"
AXES_LOCKOUT_CALLABLE = "apps.pages.errors.locked_out"
# The table of all sign-ins would grow without limit.
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "login", "ip_address", "csrfmiddlewaretoken"]
AXES_VERBOSE = False

# API
SPECTACULAR_SETTINGS["TITLE"] = f"{SITE_NAME} API"

# Pages
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.pages.context.site",
            ]
        },
    }
]

# Files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / env.media_root
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Maximum size of a request body in bytes, including files.
MAX_BODY_SIZE = 10 * 1024 * 1024

# Mail
MAILERS: dict[str, dict[str, Any]] = {
    # Every message goes here first: no request waits for the mail server.
    "default": {"BACKEND": "config.mail.BackgroundBackend"},
    # The backend that really sends messages.
    "delivery": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.email_host,
            "port": env.email_port,
            "username": env.email_host_user,
            "password": env.email_host_password,
            "use_ssl": env.email_use_ssl,
            "use_tls": not (env.email_use_ssl or env.email_plain),
            "timeout": 10,
        },
    },
}
if django.VERSION < (6, 1):
    # Django 6.1 replaced this setting by MAILERS.
    EMAIL_BACKEND = "config.mail.mailer"
DEFAULT_FROM_EMAIL = env.default_from_email
SERVER_EMAIL = env.default_from_email
EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
# Django 6.0 takes addresses; older versions take pairs of name and address.
ADMINS = env.admins if django.VERSION >= (6, 0) else [(address, address) for address in env.admins]

# Security
CSRF_TRUSTED_ORIGINS = env.trusted_origins
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "apps.pages.errors.forbidden"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
DENIED_BROWSER_FEATURES = ["camera", "geolocation", "microphone", "payment", "usb"]

# Logging
LOGGING = logging_config("text", env.log_level)

# Celery
MAILERS["default"] = {"BACKEND": "apps.tasks.mail.TaskBackend"}
if BACKUPS:
    STORAGES = {**STORAGES, "backups": BACKUPS}

# Channels
ASGI_APPLICATION = "config.asgi.application"
CHANNEL_LAYERS = layers(env.redis)
WEBSOCKET_URL = env.websocket_origin
if WEBSOCKET_URL:
    # Allow pages to connect to the other host.
    CONTENT_SECURITY_POLICY = {**CONTENT_SECURITY_POLICY, "connect-src": ["'self'", WEBSOCKET_URL]}
if env.process == "ws":
    # No persistent connections under ASGI: each of its threads would keep one open.
    DATABASES["default"]["CONN_MAX_AGE"] = 0

# Cloudinary
if env.cloudinary_url:
    STORAGES = {**STORAGES, "default": cloudinary_storage(env.cloudinary_url)}
    # Allow pages to show the uploaded files.
    sources = [*CONTENT_SECURITY_POLICY["img-src"], cloudinary_origin(env.cloudinary_url)]
    CONTENT_SECURITY_POLICY = {**CONTENT_SECURITY_POLICY, "img-src": sources, "media-src": sources}

# Sentry
SENTRY_DSN = env.sentry_dsn
if SENTRY_DSN:
    start_sentry(SENTRY_DSN, environment=ENVIRONMENT, release=VERSION, traces=env.sentry_traces_sample_rate)
