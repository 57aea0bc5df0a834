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
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = Path(tempfile.gettempdir()) / "site-test-media"
