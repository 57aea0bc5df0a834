"""Writes the tables at the end of docs/live.md: `python -m slipway.tests.site.live.documentation`."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

PAGE = Path(__file__).parents[4] / "docs" / "live.md"
FIRST_ROW = "| code |"


def tables() -> str:
    from apps.live.events import CloseCode
    from apps.live.routing import all_urlpatterns

    rows = [f"| {code} | {MEANINGS[name]} |" for name, code in vars(CloseCode).items() if name.isupper()]
    parts = ["\n".join(["| code | meaning |", "|---|---|", *rows]) + "\n"]
    for pattern in all_urlpatterns():
        parts += [section(pattern.pattern._route, pattern.callback.consumer_class)]
    return "\n".join(parts)


def section(route: str, consumer: Any) -> str:
    from apps.live.events import Error, Missed, Ready, Since

    replays = bool(consumer.replays)
    sends = (Ready, *consumer.sends, *((Missed,) if replays else ()), Error)
    accepts = (*consumer.accepts, *((Since,) if replays else ()))
    path = re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    parts = [f"## `/{path}`\n\n{consumer.__doc__}\n"]
    for heading, events in (("server sends", sends), ("client sends", accepts)):
        if events:
            parts.append("\n".join([f"| {heading} | meaning | fields |", "|---|---|---|", *map(row, events)]) + "\n")
    return "\n".join(parts)


def row(event: Any) -> str:
    hints = get_type_hints(event, include_extras=True)
    cells = [f"`{item.name}` ({hints[item.name].__metadata__[0]})" for item in fields(event)]
    return f"| `{event.type}` | {event.__doc__} | {', '.join(cells)} |"


MEANINGS = {
    "NOT_SIGNED_IN": "You are not signed in, or not any more. Sign in before you connect again.",
    "FORBIDDEN": "You may not use this WebSocket, or not any more. Do not reconnect.",
    "RECONNECT": "The server restarts, Redis is unavailable, or you read too slowly. Reconnect, and send `since`.",
    "LIMIT_EXCEEDED": "Too many WebSockets or messages. Reconnect later.",
    "SERVER_ERROR": "An error on the server. Reconnect later.",
}


if __name__ == "__main__":
    import django

    django.setup()
    PAGE.write_text(PAGE.read_text().partition(FIRST_ROW)[0] + tables())
