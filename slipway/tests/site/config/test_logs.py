import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from apps.accounts.models import User
from config.logs import (
    ContextFilter,
    JsonFormatter,
    LogContext,
    TextFormatter,
    access_log_line,
    log_context,
    logging_config,
)

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2lnbmF0dXJl"


def record(message: str, *args: Any, **extra: Any) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "shop", "levelname": "INFO", "msg": message, "args": args, **extra})
    ContextFilter().filter(made)
    return made


def test_a_json_line_is_one_object() -> None:
    line = JsonFormatter().format(record("Sold %s\nand %s", "bread", "wine"))

    assert "\n" not in line
    assert json.loads(line) | {"time": ""} == {
        "time": "",
        "level": "INFO",
        "logger": "shop",
        "message": "Sold bread\nand wine",
    }


def test_a_line_has_the_ids_of_request_and_user(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(pk=7)
    token = log_context.set(LogContext("abc12345", request))
    line = json.loads(JsonFormatter().format(record("Sold")))
    log_context.reset(token)

    assert (line["request_id"], line["user_id"]) == ("abc12345", 7)


def test_djangos_line_about_a_failed_request_has_its_id(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.META["log_context"] = LogContext("abc12345", request)

    assert record("Internal Server Error", request=request).request_id == "abc12345"  # type: ignore[attr-defined]


def test_logging_does_not_load_the_user(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = SimpleLazyObject(lambda: pytest.fail("loaded"))  # type: ignore[assignment]

    assert LogContext("abc12345", request).user_id is None


@pytest.mark.parametrize(
    "message",
    [
        f"Bearer {TOKEN}",
        f"GET /ws/?token={TOKEN}",
        "GET /ws/?ticket=hush-hush&room=1",
        "connecting to redis://user:hush-hush@host:6379/0",
        "connecting to redis://:hush-hush@host:6379/0",
        "password=hush-hush",
        "Cookie: sessionid=hush-hush; other=1",
        "Authorization: Bearer hush-hush",
    ],
)
@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter("%(message)s")])
def test_secrets_are_redacted(message: str, formatter: logging.Formatter) -> None:
    line = formatter.format(record(message))

    assert "hush-hush" not in line
    assert TOKEN not in line


def test_secrets_are_redacted_in_tracebacks() -> None:
    try:
        raise ValueError("postgres://user:hush-hush@host/db")
    except ValueError as error:
        failed = record("Failed", exc_info=(type(error), error, error.__traceback__))

    line = json.loads(JsonFormatter().format(failed))

    assert "ValueError" in line["error"]
    assert "hush-hush" not in line["error"]


def test_the_access_log_has_path_status_and_duration_but_no_query_string(rf: RequestFactory) -> None:
    environ = rf.get("/reset-password/?token=hush-hush").environ

    line = access_log_line(environ, 200, timedelta(milliseconds=12.34))

    assert line is not None
    assert (line["path"], line["status"], line["duration_ms"]) == ("/reset-password/", 200, 12.3)
    assert "hush-hush" not in str(line)


@pytest.mark.parametrize("path", ["/health/", "/health/live/", "/api/health/"])
def test_the_access_log_leaves_out_health_checks(rf: RequestFactory, path: str) -> None:
    assert access_log_line(rf.get(path).environ, 200, timedelta(0)) is None


def test_the_polling_of_the_status_page_is_not_logged() -> None:
    is_logged = logging_config("text", "INFO")["filters"]["no_polling"]["callback"]

    assert not is_logged(record('"GET /status/services/ HTTP/1.1" 200 12'))
    assert is_logged(record('"GET /status/ HTTP/1.1" 200 12'))


def test_nothing_is_logged_twice() -> None:
    settings = logging_config("json", "INFO")

    assert [name for name, logger in settings["loggers"].items() if logger.get("handlers")] == []


def test_all_extra_fields_are_in_the_line_and_secrets_are_not() -> None:
    extra = {"order": 7, "paid": True, "note": "token=hush", "api_token": "hush", "lines": ["a", "b"], "nothing": None}
    line = json.loads(JsonFormatter().format(record("Sold", **extra)))

    assert line["order"] == 7
    assert line["paid"] is True
    assert line["note"] == "token=***"
    assert line["api_token"] == "***"
    assert line["lines"] == "['a', 'b']"
    assert line["nothing"] is None


def test_a_field_of_another_name_does_not_replace_one_of_the_line() -> None:
    line = json.loads(JsonFormatter().format(record("Sold", level="deluxe", time="noon", error="none")))

    assert line["level"] == "INFO"
    assert line["time"] != "noon"
