"""Settings for `collectstatic` in an image or a build step, which has no secrets."""

from config.settings.base import *
from config.settings.base import STORAGES

# Add a hash to each file name, so that browsers may cache static files indefinitely.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
