from django.apps import AppConfig

# Celery
from apps.tasks.signals import flush


class LiveConfig(AppConfig):
    name = "apps.live"

    def ready(self) -> None:
        from apps.live import (
            announcements,
            # Celery
            tickets,
        )

        announcements.listen()
        # Celery
        flush.connect(tickets.forget_expired_tickets)
