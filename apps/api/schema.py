"""The OpenAPI schema, where the defaults of drf-spectacular are not enough."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.generics import GenericAPIView

# apps.accounts.authentication has a subclass.
SimpleJWTScheme.match_subclasses = True

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

DESCRIPTIONS = {
    400: "The request is invalid.",
    401: "The credentials are missing or invalid.",
    403: "You do not have permission to do this.",
    404: "Not found.",
    413: "The request body is too large.",
    415: "The media type of the request body is not supported.",
    429: "Too many requests.",
}


class Schema(AutoSchema):
    def get_operation_id(self) -> str:
        """`auth_login` instead of `auth_login_create`: only generic views create objects."""
        name = super().get_operation_id()
        return name if isinstance(self.view, GenericAPIView) else name.removesuffix("_create")

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if not operation:
            return operation
        if "summary" not in operation:
            # Swagger UI shows the summary in the list of operations.
            summary, _, description = operation.pop("description", "").partition("\n\n")
            texts = {"summary": " ".join(summary.split()), "description": description.strip()}
            operation = {name: text for name, text in texts.items() if text} | operation
        for status in self.error_statuses(operation):
            operation["responses"].setdefault(str(status), reference(f"Error{status}"))
        return operation

    def error_statuses(self, operation: dict[str, Any]) -> Iterator[int]:
        """The errors that an operation can return, except those that all operations share."""
        sources = {parameter["in"] for parameter in operation.get("parameters", [])}
        has_body = "requestBody" in operation
        if has_body or "query" in sources:
            yield 400
        # Without this header, DRF returns 403 instead of 401.
        if self.view.get_authenticate_header(self.view.request):
            yield 401
        if self.view.get_authenticators():
            yield 403
        # An object or a page that does not exist.
        if sources & {"path", "query"}:
            yield 404
        if has_body:
            yield from (413, 415)
        if self.view.get_throttles():
            yield 429


class ModelSerializerExtension(OpenApiSerializerExtension):
    """Responses have all fields of a model, also those that requests may omit. Typed clients rely on it."""

    target_class = "rest_framework.serializers.ModelSerializer"
    match_subclasses = True
    # Extensions for a serializer of your own take precedence.
    priority = -2

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if direction == "response" and schema.get("properties"):
            schema["required"] = sorted(schema["properties"])
        return schema


def reference(response: str) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{response}"}


def complete_schema(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the errors: all operations have the same format (apps/api/errors.py)."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    result["components"]["responses"] = {
        "Error": {"description": "Any other error.", "content": content},
        **{f"Error{status}": {"description": text, "content": content} for status, text in DESCRIPTIONS.items()},
    }
    result["components"]["responses"]["Error429"]["headers"] = {
        "Retry-After": {"description": "Seconds.", "required": True, "schema": {"type": "integer"}}
    }
    for schema in result["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            if field.get("format") == "binary":
                # drf-spectacular's pattern for the name of a file would be one for its contents.
                field.pop("pattern", None)
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", reference("Error"))
    return result
