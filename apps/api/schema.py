"""The OpenAPI schema, where the defaults of drf-spectacular are not enough."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.generics import GenericAPIView

ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "For programs."},
                "message": {"type": "string", "description": "For people."},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    "description": "The errors of each invalid field.",
                },
                "request_id": {"type": "string", "nullable": True},
            },
            "required": ["code", "message", "fields", "request_id"],
        }
    },
    "required": ["error"],
}


class Schema(AutoSchema):
    def get_operation_id(self) -> str:
        """`auth_login` instead of `auth_login_create`: only generic views create objects."""
        name = super().get_operation_id()
        return name if isinstance(self.view, GenericAPIView) else name.removesuffix("_create")


def add_error_responses(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """All operations have the same format of errors (apps/api/errors.py)."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", {"content": content, "description": "Error"})
    return result
