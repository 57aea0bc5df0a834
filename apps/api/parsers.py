from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers


class Utf8Mixin(parsers.BaseParser):
    """Ignore the charset of the request: Python's `zlib` and `undefined` codecs, for example, fail with a 500."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping | None = None) -> Any:
        return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})


class JSONParser(Utf8Mixin, parsers.JSONParser):
    pass


class MultiPartParser(Utf8Mixin, parsers.MultiPartParser):
    pass
