from django_filters import FilterSet  # type: ignore[import-untyped]

from apps.accounts.models import User


class UserFilter(FilterSet):
    class Meta:
        model = User
        fields = {"is_active": ["exact"], "is_staff": ["exact"], "joined_at": ["gte", "lt"]}
