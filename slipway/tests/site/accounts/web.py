"""The site with passwords that are hashed in a few milliseconds: more would hide what the rest takes."""

from django.conf import settings

from apps.accounts.hashers import Argon2PasswordHasher
from config.wsgi import application

__all__ = ["application"]

Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 4 * 1024

settings.REGISTRATION_INTERVAL = 0.04
# Nobody has collected the static files.
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
