from django.apps import AppConfig
from django.core import checks

from config.versions import check_versions


class HealthConfig(AppConfig):
    name = "apps.health"

    def ready(self) -> None:
        checks.register(check_versions)
