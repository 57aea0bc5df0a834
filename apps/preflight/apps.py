from django.apps import AppConfig


class PreflightConfig(AppConfig):
    name = "apps.preflight"

    def ready(self) -> None:
        from apps.pages.status import SECTIONS

        # Tests that change INSTALLED_APPS run this again.
        if "preflight/status_section.html" not in SECTIONS:
            SECTIONS.append("preflight/status_section.html")
