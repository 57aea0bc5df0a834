"""A system check of the packages whose internals are replaced. `requirements/*.in` keeps them at these minor versions."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.core import checks

# The minor version that the tests of the replaced code passed with, and the file with this code.
TESTED = {
    "gunicorn": ("27.0", "config/gunicorn_worker.py"),
    "psycopg": ("3.3", "config/postgresql/base.py"),
    # Celery
    "celery": ("5.7", "config/broker.py"),
    "kombu": ("5.7", "config/broker.py"),
    # Channels
    "channels-redis": ("4.3", "apps/live/redis_layer.py"),
    "daphne": ("4.2", "config/daphne.py"),
}


def check_versions(**kwargs: Any) -> list[checks.CheckMessage]:
    return [
        checks.Error(
            f"{path} replaces internals of {name}, and was not tested with {name} {installed}.",
            hint=f"Install {name} {tested}, or run the tests with {installed} and change config/versions.py.",
            id="config.E001",
        )
        for name, (tested, path) in TESTED.items()
        if (installed := installed_version(name)) and not installed.startswith(f"{tested}.")
    ]


def installed_version(name: str) -> str:
    """Empty if it is not installed: each process needs only some of them."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
