"""An HTTP client for a deployed site, used by `bin/smoke`."""

import json
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 15
HINTS = {
    301: "Is this the public address of the site?",
    400: "Is the host in ALLOWED_HOSTS?",
    401: "Is the password right, and the e-mail address confirmed?",
    429: "Too many requests: try again in a minute.",
    502: "Is the web process running?",
    503: "Is the database available and migrated?",
}


class CheckFailed(Exception):
    pass


class NotRun(Exception):
    """The check does not apply to this site."""


@dataclass
class Response:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class SiteClient:
    base_url: str
    # Hosts that are reached at another address, without TLS.
    via: dict[str, tuple[str, int]] = field(default_factory=dict)
    access_token: str = field(default="", repr=False)

    def request(self, method: str, path: str, **data: Any) -> Response:
        headers = {"Host": urlsplit(self.base_url).netloc, "Content-Type": "application/json"}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        with closing(HTTPConnection("unused")) as connection:
            connection.sock = self.connect(self.base_url)
            connection.request(method, path, json.dumps(data) if method == "POST" else None, headers)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())

    def expect(self, status: int, method: str, path: str, *, optional: bool = False, **data: Any) -> Response:
        """An optional path that the site does not have skips the check."""
        response = self.request(method, path, **data)
        if optional and response.status == 404:
            raise NotRun(f"this site has no {path}")
        if response.status != status:
            hint = HINTS.get(response.status, "")
            raise CheckFailed(f"{method} {path} returned {response.status}, expected {status}. {hint}".rstrip())
        return response

    def connect(self, url: str) -> socket.socket:
        parts = urlsplit(url)
        host, encrypted = parts.hostname or "", parts.scheme in ("https", "wss")
        port = parts.port or (443 if encrypted else 80)
        connection = socket.create_connection(self.via.get(host, (host, port)), timeout=TIMEOUT)
        if not encrypted or host in self.via:
            return connection
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
