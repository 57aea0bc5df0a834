from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.tasks.models import DeadLetter, PeriodicRun


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Tasks that failed for good. Whoever may change them, sees the button to send them again."""

    list_display = ("task", "kind", "happened_at", "sent_again_at", "user_id", "request_id")
    list_filter = ("kind", "task", ("sent_again_at", admin.EmptyFieldListFilter))
    search_fields = ("task", "task_id", "request_id", "error")
    actions = ("send_again",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tasks.change_deadletter")

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        # Celery takes a while to import, and the admin is opened for other things too.
        from kombu.exceptions import OperationalError

        from apps.tasks.letters import UnknownTaskError, send_again

        sent = 0
        for letter in letters:
            try:
                sent += send_again(letter)
            except (OperationalError, UnknownTaskError) as error:
                self.message_user(request, f"{letter} could not be sent: {error}", messages.ERROR)
        if left := letters.count() - sent:
            text = f"{left} not sent: their arguments were secret, or they were sent again before, or it failed."
            self.message_user(request, text, messages.WARNING)
        if sent:
            self.message_user(request, f"{sent} sent again.", messages.SUCCESS)


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnlyAdmin):
    """What ran last of the schedule."""

    list_display = ("name", "slot", "task_id")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
