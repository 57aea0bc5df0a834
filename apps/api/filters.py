from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request


class Filters(DjangoFilterBackend):
    """Makes no form where no filter is asked for, as is the case most of the time."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        filters = self.get_filterset_class(view, queryset)
        # Filters of ranges ask for names that begin like theirs.
        if filters and any(name.startswith(tuple(filters.base_filters)) for name in request.query_params):
            return super().filter_queryset(request, queryset, view)
        return queryset


class StableOrdering(OrderingFilter):
    """Rows that are alike in what they are ordered by keep their order, so that no page misses or repeats one."""

    def get_ordering(self, request: Request, queryset: QuerySet, view: Any) -> Any:
        ordering = super().get_ordering(request, queryset, view)
        return ordering and [*ordering, "pk"]
