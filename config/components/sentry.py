"""Send errors and performance traces to Sentry, without personal data."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from config.logs import is_health_check, log_context, redact

# Celery
from .sentry_celery import for_tasks, runs_every_minute

# Values with these keys are removed, besides those of the SDK's own list.
PRIVATE_KEYS = ["access", "code", "current_password", "dsn", "email", "key", "new_password", "refresh", "signature"]
PRIVATE_KEYS += ["login", "ticket", "uid", "username"]
SENT_HEADERS = ("Accept", "Content-Length", "Content-Type", "Host", "User-Agent", "X-Request-Id")
EMAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# Source code and data of the SDK, which contain no personal data.
UNCHANGED_KEYS = ("sdk", "stacktrace")


def start_sentry(dsn: str, *, environment: str, release: str, traces: float) -> None:
    # A slow import that a site without a DSN doesn't need.
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
    from sentry_sdk.integrations.threading import ThreadingIntegration
    from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

    # django-axes logs the IP addresses and names of failed sign-ins.
    ignore_logger("axes*")
    sentry_sdk.init(
        dsn,
        environment=environment,
        release=release or None,
        # By default, the SDK imports every library that it has an integration for.
        auto_enabling_integrations=False,
        default_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda pending, timeout: None),
            DedupeIntegration(),
            DjangoIntegration(signals_spans=False, cache_spans=traces > 0),
            ExcepthookIntegration(),
            LoggingIntegration(),
            ThreadingIntegration(),
            # Celery
            *for_tasks(),
        ],
        traces_sampler=traces_sampler(traces) if traces else None,
        auto_session_tracking=False,
        send_default_pii=False,
        max_request_body_size="never",
        # Any local variable may contain a password.
        include_local_variables=False,
        event_scrubber=EventScrubber([*DEFAULT_DENYLIST, *PRIVATE_KEYS], recursive=True),
        before_send=remove_private_data,
        before_send_transaction=remove_private_data,
    )


def traces_sampler(rate: float) -> Callable[[dict[str, Any]], float]:
    """Trace this share of all requests but health checks. The client's own sampling headers are ignored."""

    def sample(context: dict[str, Any]) -> float:
        # Celery
        if runs_every_minute(context):
            return 0

        path = context.get("wsgi_environ", {}).get("PATH_INFO") or context.get("asgi_scope", {}).get("path", "")
        return 0 if is_health_check(path) else rate

    return sample


def remove_private_data(event: Any, hint: Any) -> Any:
    """Keep the ids of the request and the user, and remove their data. Runs last, before an event is sent."""
    event.pop("user", None)
    if context := log_context.get():
        event["tags"] = {**event.get("tags", {}), "request_id": context.request_id}
        if context.user_id:
            event["user"] = {"id": str(context.user_id)}
    if request := event.get("request"):
        event["request"] = {
            "method": request.get("method"),
            "url": request.get("url", "").partition("?")[0],
            "query_string": redact_query(request.get("query_string", "")),
            "headers": {name: value for name, value in request.get("headers", {}).items() if name in SENT_HEADERS},
        }
    return {name: redact_all(value) if name not in UNCHANGED_KEYS else value for name, value in event.items()}


def redact_query(query: str) -> str:
    """Keep the names of all parameters, and values that are numbers."""
    return urlencode([(name, value if value.isdecimal() else "***") for name, value in parse_qsl(query)], safe="*")


def redact_all(value: Any) -> Any:
    if isinstance(value, str):
        return EMAIL_ADDRESS.sub("***", redact(value))
    if isinstance(value, dict):
        return {name: item if name in UNCHANGED_KEYS else redact_all(item) for name, item in value.items()}
    if isinstance(value, list):
        return [redact_all(item) for item in value]
    return value
