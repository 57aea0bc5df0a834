from django.contrib import admin

from apps.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    list_display = ("user", "kind", "text", "created_at", "read_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    search_fields = ("user__email", "text")
    raw_id_fields = ("user",)
    readonly_fields = ("created_at",)
