from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.tasks.models import FailedTask, OutboxTask, PeriodicRun


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(FailedTask)
class FailedTaskAdmin(ReadOnlyAdmin):
    """Staff with the change permission can send failed tasks again."""

    list_display = ("task", "failed_at", "sent_again_at", "user_id", "request_id")
    list_filter = ("task", ("sent_again_at", admin.EmptyFieldListFilter))
    search_fields = ("task", "task_id", "request_id", "error")
    actions = ("send_again",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tasks.change_failedtask")

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, tasks: QuerySet[FailedTask]) -> None:
        # Celery takes a while to import, and most pages of the admin don't need it.
        from apps.tasks.failures import send_again
        from apps.tasks.outbox import UnknownTaskError

        sent = 0
        for task in tasks:
            try:
                sent += send_again(task)
            except UnknownTaskError as error:
                self.message_user(request, f"{task} could not be sent: {error}", messages.ERROR)
        if unsent := tasks.count() - sent:
            reasons = "the arguments are secret, it was sent again before, or an error occurred"
            self.message_user(request, f"{unsent} not sent: {reasons}.", messages.WARNING)
        if sent:
            self.message_user(request, f"{sent} sent again.", messages.SUCCESS)


@admin.register(OutboxTask)
class OutboxTaskAdmin(ReadOnlyAdmin):
    """Tasks that are sent when they are due and Redis is available."""

    list_display = ("task", "due_at", "created_at", "user_id", "request_id")


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnlyAdmin):
    """The last run of each task of the schedule. Without its row, a task runs at its next slot."""

    list_display = ("name", "slot", "task_id")
