from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework.generics import GenericAPIView

from apps.api.errors import FailureSerializer


class Schema(AutoSchema):
    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        """Every operation may return an error, always in the same format."""
        failure = OpenApiResponse(FailureSerializer, description="Error")
        default = self._get_response_for_code(failure, "default", direction=direction)
        return {**super()._get_response_bodies(direction), "default": default}

    def get_operation_id(self) -> str:
        """An action such as `auth_login` creates nothing, so its id does not end with `_create`."""
        name = super().get_operation_id()
        return name if isinstance(self.view, GenericAPIView) else name.removesuffix("_create")

    def get_tags(self) -> list[str]:
        return self._tokenize_path()[:1]
