from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework.generics import GenericAPIView

from apps.api.errors import FailureSerializer


class Schema(AutoSchema):
    """Reads what a view takes from its `serializer_class`, and what it answers from its `answers`, by status.

    Views could say so with drf-spectacular's decorators too, but those take long to import.
    """

    def get_response_serializers(self) -> Any:
        return getattr(self.view, "answers", None) or super().get_response_serializers()

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        """Any operation may fail, and all of them fail alike."""
        bodies = (
            {"204": {"description": "Done."}} if self.method == "DELETE" else super()._get_response_bodies(direction)
        )
        failure = OpenApiResponse(FailureSerializer, description="What went wrong.")
        return {**bodies, "default": self._get_response_for_code(failure, "default", direction=direction)}

    def get_operation_id(self) -> str:
        """An action such as `auth_login` creates nothing, whatever its method."""
        name = super().get_operation_id()
        return name if isinstance(self.view, GenericAPIView) else name.removesuffix("_create")

    def get_tags(self) -> list[str]:
        return self._tokenize_path()[:1]
