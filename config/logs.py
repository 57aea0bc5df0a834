"""Logging: JSON or readable lines with the ids of the request and the user, and without secrets."""

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

# Attributes that every record has. All others come from `extra`, and are in the JSON line.
STANDARD_FIELDS = {
    *vars(logging.makeLogRecord({})),
    "message",
    "asctime",
    "taskName",
    "request",
    "request_id",
    "user_id",
}
SECRET_FIELD = re.compile("password|token|secret|cookie|authorization", re.IGNORECASE)

# JSON web tokens, passwords in URLs, bearer tokens, and the values of well-known parameters.
SECRETS = re.compile(
    r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"
    r"|(?<=://)[^\s/@]*:[^\s/@]+(?=@)"
    r"|(?<=Bearer )\S+"
    r"|(?i:(?<=token=)|(?<=ticket=)|(?<=password=)|(?<=sessionid=))[^\s&;\"']+"
)


class LogContext:
    """The ids of the request and the user for log lines. Background work inherits them from its request."""

    __slots__ = ("known_user_id", "request", "request_id")

    def __init__(self, request_id: str, request: HttpRequest | None = None, *, user_id: int | None = None) -> None:
        self.request_id = request_id
        self.request = request
        self.known_user_id = user_id

    @property
    def user_id(self) -> int | None:
        """The user's id if the user is loaded already: a log line must not cause a query."""
        if self.known_user_id is not None:
            return self.known_user_id
        user = self.request and self.request.__dict__.get("user")
        is_loaded = not (isinstance(user, SimpleLazyObject) and user._wrapped is empty)
        return getattr(user, "pk", None) if is_loaded else None


log_context: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


def logging_config(formatter: str, level: str) -> dict[str, Any]:
    """The LOGGING setting: `text` for people or `json` for machines, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "context": {"()": ContextFilter},
            # The status page requests this every few seconds.
            "no_polling": {
                "()": CallbackFilter,
                "callback": lambda record: "GET /status/services/" not in record.getMessage(),
            },
        },
        "formatters": {name: {"()": get_formatter, "name": name} for name in ("text", "json")},
        "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["context"], "formatter": formatter}},
        "root": {"handlers": ["console"], "level": level},
        # Without Django's own handlers: they would log each line a second time and mail errors to ADMINS.
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True, "filters": ["no_polling"]},
            "axes": {"level": "WARNING"},
            # The access log has the 4xx responses.
            "django.request": {"level": "ERROR"},
            # Clients cause these, and the access log has them, too.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.security.RequestDataTooBig": {"level": "CRITICAL"},
        },
    }


def get_formatter(name: str) -> logging.Formatter:
    return JsonFormatter() if name == "json" else TextFormatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")


def access_log_line(environ: dict[str, Any], status: int, duration: timedelta) -> dict[str, Any] | None:
    """The fields of a request's line in the access log, without its query string. None for health checks."""
    path = environ.get("PATH_INFO", "")
    if is_health_check(path):
        return None
    context = environ.get("log_context")
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


def is_health_check(path: str) -> bool:
    """Platforms request these all the time. They are neither logged nor traced."""
    return f"{path}/".startswith(("/health/", "/api/health/"))


def redact(text: str) -> str:
    """Replace secrets by ***."""
    return SECRETS.sub("***", text)


class ContextFilter(logging.Filter):
    """Add `request_id` and `user_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        # Django logs a failed request after our middleware has finished, and passes the request along.
        context = log_context.get() or (isinstance(request, HttpRequest) and request.META.get("log_context")) or None
        # The access log of ASGI has them already.
        if not hasattr(record, "request_id"):
            record.request_id = context and context.request_id
            record.user_id = context and context.user_id
        return True


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else redact(str(value))


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line |= {
            name: value for name in ("request_id", "user_id") if (value := getattr(record, name, None)) is not None
        }
        for name, value in vars(record).items():
            if name not in STANDARD_FIELDS and name not in line:
                line[name] = "***" if SECRET_FIELD.search(name) else plain(value)
        if record.exc_info:
            line["error"] = redact("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, default=str, ensure_ascii=False)
