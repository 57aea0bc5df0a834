from django.apps import AppConfig
from django.core import checks

from config.versions import check_versions


class HealthConfig(AppConfig):
    name = "apps.health"

    def ready(self) -> None:
        from apps.accounts.demo import check_demo_account

        checks.register(check_versions)
        checks.register(check_demo_account, checks.Tags.security, deploy=True)
