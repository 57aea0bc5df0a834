"""Errors, and timings where wanted, to Sentry: what helps to mend them, and nothing that people entrusted to us."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from config.logs import current, is_probe, scrubbed

# Celery
from .sentry_celery import for_tasks, runs_every_minute

# By these names nothing leaves, whatever holds it: besides the SDK's own list.
PRIVATE = ["access", "code", "current_password", "dsn", "email", "key", "new_password", "refresh", "signature"]
PRIVATE += ["ticket", "uid", "username"]
HEADERS = ("Accept", "Content-Length", "Content-Type", "Host", "User-Agent", "X-Request-Id")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# Our own code, and Sentry's notes about the event: with nobody's data in them.
KEPT = ("sdk", "stacktrace")


def start(dsn: str, *, environment: str, release: str, traces: float) -> None:
    # It takes long to import, and a site without a DSN never needs it.
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
    from sentry_sdk.integrations.threading import ThreadingIntegration
    from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

    # It notes addresses and names of people who mistype their password.
    ignore_logger("axes*")
    sentry_sdk.init(
        dsn,
        environment=environment,
        release=release or None,
        # By itself it would look for a hundred libraries, and import each one it finds.
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
        traces_sampler=sampler(traces) if traces else None,
        auto_session_tracking=False,
        send_default_pii=False,
        max_request_body_size="never",
        # A variable may hold a password under any name: the lines of code have to do.
        include_local_variables=False,
        event_scrubber=EventScrubber([*DEFAULT_DENYLIST, *PRIVATE], recursive=True),
        before_send=cleaned,
        before_send_transaction=cleaned,
    )


def sampler(rate: float) -> Callable[[dict[str, Any]], float]:
    """Probes are not worth a trace. Nor may a caller decide, whose headers could ask for one each time."""

    def share(context: dict[str, Any]) -> float:
        # Celery
        if runs_every_minute(context):
            return 0

        path = context.get("wsgi_environ", {}).get("PATH_INFO") or context.get("asgi_scope", {}).get("path", "")
        return 0 if is_probe(path) else rate

    return share


def cleaned(event: Any, hint: Any) -> Any:
    """The last look at what leaves: says which request and which user it is about, and nothing else of either."""
    event.pop("user", None)
    if context := current.get():
        event["tags"] = {**event.get("tags", {}), "request_id": context.request_id}
        if context.user_id:
            event["user"] = {"id": str(context.user_id)}
    if request := event.get("request"):
        event["request"] = {
            "method": request.get("method"),
            "url": request.get("url", "").partition("?")[0],
            "query_string": without_values(request.get("query_string", "")),
            "headers": {name: value for name, value in request.get("headers", {}).items() if name in HEADERS},
        }
    return {name: masked(value) if name not in KEPT else value for name, value in event.items()}


def without_values(query: str) -> str:
    """The names that were asked with, and what the numbers were."""
    return urlencode([(name, value if value.isdecimal() else "***") for name, value in parse_qsl(query)], safe="*")


def masked(value: Any) -> Any:
    if isinstance(value, str):
        return ADDRESS.sub("***", scrubbed(value))
    if isinstance(value, dict):
        return {name: item if name in KEPT else masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value
