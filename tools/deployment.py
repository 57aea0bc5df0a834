"""A deployment as its users reach it, for `bin/smoke`."""

import json
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

# Seconds that one answer may take.
PATIENCE = 15


class Failed(Exception):
    """The deployment does not do what it is for; the message says what it did instead."""


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Deployment:
    """Where the site is, and who we are there."""

    web: str
    live: str = ""
    # Hosts that are not yet where their names lead: they are reached here, in plain text, as by the proxy before them.
    via: dict[str, tuple[str, int]] = field(default_factory=dict)
    email: str = ""
    password: str = field(default="", repr=False)
    signs_up: bool = False
    # Seconds that it may take to be healthy, when it is new.
    patience: float = 90
    # An access token, once we have signed in.
    token: str = field(default="", repr=False)

    def connect(self, address: str) -> socket.socket:
        parts = urlsplit(address)
        host = parts.hostname or ""
        encrypted = parts.scheme in ("https", "wss")
        port = parts.port or (443 if encrypted else 80)
        connection = socket.create_connection(self.via.get(host, (host, port)), timeout=PATIENCE)
        if not encrypted or host in self.via:
            return connection
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host)

    def ask(self, method: str, path: str, **data: Any) -> Answer:
        headers = {"Host": urlsplit(self.web).netloc, "Accept": "*/*"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = None
        if method in ("POST", "PATCH"):
            headers["Content-Type"] = "application/json"
            body = json.dumps(data)
        with closing(HTTPConnection("unused")) as connection:
            connection.sock = self.connect(self.web)
            connection.request(method, path, body, headers)
            response: HTTPResponse = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def expect(self, status: int, method: str, path: str, **data: Any) -> Answer:
        answer = self.ask(method, path, **data)
        if answer.status != status:
            raise Failed(f"{method} {path} answers {answer.status} instead of {status}{hint(answer.status)}")
        return answer

    def sign_in(self) -> None:
        answer = self.expect(200, "POST", "/api/v1/auth/login/", email=self.email, password=self.password)
        self.token = answer.json["access"]


def hint(status: int) -> str:
    hints = {
        301: ": is this the address that people use?",
        400: ": is the host in ALLOWED_HOSTS?",
        401: ": a wrong password, or an address that must be confirmed first?",
        404: ": is the site there?",
        429: ": too many tries; wait a while.",
        502: ": no process answers the proxy.",
        503: ": is the database there, and migrated?",
    }
    return hints.get(status, "")
