"""The tests: like production where it matters, quick where it doesn't."""

import tempfile
from pathlib import Path

from config.settings.base import *

ALLOWED_HOSTS = ["testserver", "localhost"]
# Hashing is slow on purpose; only the tests that measure it want that.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are taken from where they are written: nobody has collected them.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
MAILERS = {alias: {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"} for alias in MAILERS}
MEDIA_ROOT = Path(tempfile.gettempdir()) / "site-test-media"
