from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "apps.tasks"

    def ready(self) -> None:
        """Nothing here imports Celery: a web process imports it when it sends its first task."""
        from django.core.checks import register

        from apps.health.checks import register as register_health_check
        from apps.tasks import checks, queue, report

        register_health_check("celery", queue.check_health)
        report.connect_counters()
        register(checks.check_time_limits)
