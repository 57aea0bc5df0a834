import copy
from functools import cache
from typing import Any

from rest_framework import serializers


class ModelSerializer(serializers.ModelSerializer):
    """DRF's own, which works out its fields anew for each request; they never change, so this one copies them."""

    def get_fields(self) -> dict[str, Any]:
        return copy.deepcopy(fields_of(type(self)))


@cache
def fields_of(serializer: type[ModelSerializer]) -> dict[str, Any]:
    return super(ModelSerializer, serializer()).get_fields()
