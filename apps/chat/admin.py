from django.contrib import admin

from apps.chat.models import Member, Room


class MemberInline(admin.TabularInline):
    model = Member
    raw_id_fields = ("user",)
    extra = 0


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    """Members only: the admin does not show messages."""

    list_display = ("name", "created_at")
    search_fields = ("name",)
    inlines = (MemberInline,)
