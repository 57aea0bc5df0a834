"""`collectstatic` while an image or a release is built: the files of production, and none of its secrets."""

from config.settings.base import *
from config.settings.base import STORAGES

# Every file's name holds its hash, so browsers may keep it for good.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
