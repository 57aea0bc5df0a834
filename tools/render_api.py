"""Render's API for deploys, used by `bin/deploy`."""

import json
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

REQUEST_TIMEOUT = 30
HINTS = {
    401: ": is RENDER_API_KEY right?",
    404: ": does the key's account have this service, and is the commit pushed?",
}


class DeployError(Exception):
    """The commit is not deployed. The message says why, and contains no secret."""


class TemporaryError(DeployError):
    """Render or the site is unavailable. While waiting, the request is repeated."""


@dataclass(frozen=True)
class Deploy:
    id: str
    commit: str
    status: str


@dataclass(frozen=True)
class Render:
    """Render's API for deploys."""

    key: str = field(repr=False)
    address: str

    def deploys(self, service: str) -> list[Deploy]:
        """The deploys of a service, newest first."""
        body = self.request("GET", service, "deploys?limit=100")
        try:
            listed = [item["deploy"] for item in json.loads(body)]
            listed.sort(key=lambda deploy: deploy["createdAt"], reverse=True)
            return [Deploy(item["id"], item["commit"]["id"], item["status"]) for item in listed]
        except (ValueError, KeyError, TypeError) as error:
            raise DeployError(f"Render's API lists the deploys of {service} in an unknown format.") from error

    def request(self, method: str, service: str, path: str, **data: str) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        if data:
            headers["Content-Type"] = "application/json"
        body = json.dumps(data).encode() if data else None
        request = Request(f"{self.address}/services/{service}/{path}", body, headers, method=method)  # noqa: S310
        name = f"Render's API for {service}"
        status, content = send(request, name)
        if status >= 300:
            error = TemporaryError if status == 429 or status >= 500 else DeployError
            raise error(f"{name} returned {status}{HINTS.get(status, '')}")
        return content


class NoRedirect(HTTPRedirectHandler):
    """Never sends the key to another address."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def send(request: Request, name: str) -> tuple[int, bytes]:
    """Return the status and the body. Errors contain this name, because the address may contain a secret."""
    try:
        with build_opener(NoRedirect).open(request, timeout=REQUEST_TIMEOUT) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise TemporaryError(f"{name} is unavailable: {reason}") from None
