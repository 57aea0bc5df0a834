from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import inline_serializer

from apps.api.errors import ErrorSerializer


class Schema(AutoSchema):
    """Adds to every operation what all of them may answer: the one shape of an error."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        failure = inline_serializer("Failure", {"error": ErrorSerializer()})
        return {
            **super()._get_response_bodies(direction),
            "default": self._get_response_for_code(failure, "default", direction=direction),
        }

    def get_tags(self) -> list[str]:
        """The first word after the version."""
        return [self.path.strip("/").split("/")[2]]
