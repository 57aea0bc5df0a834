from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "apps.tasks"

    def ready(self) -> None:
        """Take up the seams. Nothing here imports Celery: a web process does so when it sends its first task."""
        from django.core.checks import register

        from apps.health.checks import CHECKS, Check
        from apps.tasks import counts, delivery
        from apps.tasks.checks import time_limits
        from apps.tasks.health import ask_celery
        from config import mail

        CHECKS["celery"] = Check(ask_celery)
        mail.deliver = delivery.deliver
        counts.connect()
        register(time_limits)
