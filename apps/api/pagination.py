from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pagination(PageNumberPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """`next` and `previous` are in every response; null means that there is no such page."""
        paginated = super().get_paginated_response_schema(schema)
        return {**paginated, "required": list(paginated["properties"])}
