from django_filters.rest_framework import BooleanFilter, FilterSet  # type: ignore[import-untyped]

from apps.notifications.models import Notification


class NotificationFilter(FilterSet):
    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = {"kind": ["exact"]}
