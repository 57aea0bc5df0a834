from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers


class Utf8(parsers.BaseParser):
    """DRF believes whatever charset the client names, and Python knows some that unpack or fail: JSON is UTF-8."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping | None = None) -> Any:
        return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})


class JSONParser(Utf8, parsers.JSONParser):
    pass


class MultiPartParser(Utf8, parsers.MultiPartParser):
    pass
