from django.apps import AppConfig


class PreflightConfig(AppConfig):
    name = "apps.preflight"

    def ready(self) -> None:
        from apps.pages import board

        board.EXTRAS.append("preflight/board.html")
