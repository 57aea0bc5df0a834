"""Log lines that say which request and which user they belong to."""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, empty
from django.utils.log import CallbackFilter

# What a log line may carry besides its message.
EXTRAS = ("method", "path", "status", "duration_ms")

# Tokens, links that hold one, and passwords have a shape: keep them out even when somebody logs them by mistake.
SECRETS = re.compile(
    r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"
    r"|(?<=://)[^\s/@]*:[^\s/@]+(?=@)"
    r"|(?<=Bearer )\S+"
    r"|(?i:(?<=token=)|(?<=ticket=)|(?<=password=)|(?<=sessionid=))[^\s&;\"']+"
)


class Context:
    """The request that is being answered, as far as the logs are concerned; or the work that it left to others."""

    __slots__ = ("known_user_id", "request", "request_id")

    def __init__(self, request_id: str, request: HttpRequest | None = None, *, user_id: int | None = None) -> None:
        self.request_id = request_id
        self.request = request
        self.known_user_id = user_id

    @property
    def user_id(self) -> int | None:
        """Who asks, if anybody has looked: logging must not be the reason for a query."""
        if self.known_user_id is not None:
            return self.known_user_id
        user = self.request and self.request.__dict__.get("user")
        return getattr(user, "pk", None) if was_asked_for(user) else None


def was_asked_for(value: Any) -> bool:
    """Whether something that is made at first use was made."""
    return not (isinstance(value, SimpleLazyObject) and value._wrapped is empty)


current: ContextVar[Context | None] = ContextVar("current", default=None)


def log_settings(formatter: str, level: str) -> dict[str, Any]:
    """For Django's LOGGING: `lines` for people or `json` for machines, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "context": {"()": ContextFilter},
            # The launch board asks all the time how things are.
            "polls": {"()": CallbackFilter, "callback": lambda record: "GET /status/parts/" not in record.getMessage()},
        },
        "formatters": {name: {"()": formatter_for, "name": name} for name in ("lines", "json")},
        "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["context"], "formatter": formatter}},
        "root": {"handlers": ["console"], "level": level},
        # Django's own handlers would say everything twice, and mail errors to people who read them elsewhere.
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True, "filters": ["polls"]},
            "axes": {"level": "WARNING"},
            # What clients do wrong is in the access log.
            "django.request": {"level": "ERROR"},
        },
    }


def formatter_for(name: str) -> logging.Formatter:
    return JsonFormatter() if name == "json" else LineFormatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")


def access_line(environ: dict[str, Any], status: int, duration: timedelta) -> dict[str, Any] | None:
    """What the access log says of a request. Nothing of a platform's probes, and nothing of the query."""
    path = environ.get("PATH_INFO", "")
    if is_probe(path):
        return None
    context = environ.get("request.context")
    method = environ.get("REQUEST_METHOD", "")
    return {
        "message": f"{method} {path} {status}",
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": round(duration.total_seconds() * 1000, 1),
        "request_id": context and context.request_id,
        "user_id": context and context.user_id,
    }


def is_probe(path: str) -> bool:
    """A platform asks how we are, all the time: that is worth neither a line nor a trace."""
    return f"{path}/".startswith(("/health/", "/api/health/"))


def scrubbed(text: str) -> str:
    return SECRETS.sub("***", text)


class ContextFilter(logging.Filter):
    """Puts the request's and the user's id on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        # Django speaks of a failed request when our middleware has left already, but brings it along.
        context = current.get() or (isinstance(request, HttpRequest) and request.META.get("request.context")) or None
        record.request_id = context and context.request_id
        record.user_id = context and context.user_id
        return True


class LineFormatter(logging.Formatter):
    """For people: one readable line, and the traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


class JsonFormatter(logging.Formatter):
    """For machines: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        for name in ("request_id", "user_id", *EXTRAS):
            if (value := getattr(record, name, None)) is not None:
                line[name] = value
        if record.exc_info:
            line["error"] = scrubbed("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, default=str, ensure_ascii=False)
