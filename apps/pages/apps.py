from django.apps import AppConfig
from django.core.checks import Tags, register


class PagesConfig(AppConfig):
    name = "apps.pages"

    def ready(self) -> None:
        from apps.accounts.demo import check_demo_account

        register(check_demo_account, Tags.security, deploy=True)
