"""WebSockets of a deployed site, opened with a single-use ticket as a browser does."""

import json
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tools.site_client import TIMEOUT, CheckFailed, NotRun, SiteClient


def open_websocket(site: SiteClient, path: str) -> ClientConnection:
    if not site.access_token:
        raise NotRun("needs an account")
    ticket = site.expect(201, "POST", "/api/v1/auth/ws-ticket/", optional=True).json
    connection = site.connect(ticket["url"])
    # ws, not wss: the connection is encrypted already.
    url = f"ws://{urlsplit(ticket['url']).netloc}{path}?ticket={ticket['ticket']}"
    try:
        websocket = connect(url, sock=connection, origin=Origin(site.base_url), open_timeout=TIMEOUT, proxy=None)
        receive_event(websocket, "ready")
    except WebSocketException as error:
        connection.close()
        raise CheckFailed(f"{ticket['url']}{path}: {error}") from error
    return websocket


def receive_event(websocket: ClientConnection, event_type: str, **values: str) -> Any:
    """The next event of this type, with these values."""
    while True:
        event = json.loads(websocket.recv(timeout=TIMEOUT))
        if event["type"] == event_type and values.items() <= event.items():
            return event
