from django.apps import AppConfig


class PreflightConfig(AppConfig):
    name = "apps.preflight"

    def ready(self) -> None:
        from apps.pages import board

        # Tests that change INSTALLED_APPS run this again.
        if "preflight/board.html" not in board.EXTRAS:
            board.EXTRAS.append("preflight/board.html")
