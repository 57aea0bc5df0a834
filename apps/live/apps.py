from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.apps import AppConfig
from django.core import checks

# Versions whose internals are replaced, in apps/live/redis_layer.py and config/daphne.py.
TESTED = {"channels-redis": "4.3", "daphne": "4.2"}


class LiveConfig(AppConfig):
    name = "apps.live"

    def ready(self) -> None:
        from apps.live import receivers  # noqa: F401

        checks.register(check_versions)


def check_versions(**kwargs: Any) -> list[checks.CheckMessage]:
    return [error for number, name in enumerate(TESTED, start=1) if (error := check_version(name, f"live.E00{number}"))]


def check_version(name: str, check_id: str) -> checks.CheckMessage | None:
    try:
        installed = version(name)
    except PackageNotFoundError:
        # daphne is only installed where WebSockets are served.
        return None
    if installed.startswith(f"{TESTED[name]}."):
        return None
    return checks.Error(
        f"{name} {installed} is installed, but the code that replaces its internals was tested with {TESTED[name]}.",
        hint=f"Install {name} {TESTED[name]}, or test the replaced code with {installed} and change TESTED.",
        id=check_id,
    )
