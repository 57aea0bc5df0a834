"""Check a deployed site from outside, as its users reach it.

bin/smoke https://www.example.com                           what needs no account
SMOKE_EMAIL=... SMOKE_PASSWORD=... bin/smoke https://...    with an account that exists
bin/smoke http://localhost:8000 --sign-up                   with a new account, deleted at the end
"""

import argparse
import os
import re
import secrets
import sys
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPException

from tools.site_client import CheckFailed, NotRun, SiteClient

Check = Callable[[SiteClient], str]


def front_page(site: SiteClient) -> str:
    return f"{len(site.expect(200, 'GET', '/', optional=True).body)} bytes"


def static_file(site: SiteClient) -> str:
    page = site.request("GET", "/").body.decode(errors="replace")
    if not (found := re.search(r'"(/static/[^"]+)"', page)):
        raise NotRun("the front page has no file below /static/")
    response = site.expect(200, "GET", found[1])
    if "immutable" not in response.headers.get("Cache-Control", ""):
        raise CheckFailed(f"{found[1]} is not cached for long. Did the build run collectstatic?")
    return found[1]


def health(site: SiteClient) -> str:
    site.expect(200, "GET", "/health/")
    return "ready for requests"


def health_report(site: SiteClient, timeout: float) -> str:
    deadline = time.monotonic() + timeout
    while (report := site.expect(200, "GET", "/api/health/", optional=True).json)["status"] != "healthy":
        if time.monotonic() > deadline:
            down = [f"{name}: {it['detail']}" for name, it in report["services"].items() if it["status"] == "down"]
            raise CheckFailed(f"{report['status']} after {timeout:g} s. {'; '.join(down)}")
        time.sleep(1)
    return f"healthy, version {report['version'][:12] or 'unknown'}"


def api(site: SiteClient) -> str:
    site.expect(200, "GET", "/api/v1/", optional=True)
    site.expect(401, "GET", "/api/v1/users/me/", optional=True)
    return "available, private data need a login"


def account(site: SiteClient, sign_up: bool) -> str:
    email, password = os.environ.get("SMOKE_EMAIL", ""), os.environ.get("SMOKE_PASSWORD", "")
    if sign_up:
        email, password = f"smoke-{secrets.token_hex(8)}@example.com", secrets.token_urlsafe(20)
        site.expect(202, "POST", "/api/v1/auth/register/", optional=True, email=email, password=password)
    if not email:
        raise NotRun("set SMOKE_EMAIL and SMOKE_PASSWORD, or create an account with --sign-up")
    login = site.expect(200, "POST", "/api/v1/auth/login/", optional=True, email=email, password=password)
    site.access_token = login.json["access"]
    return f"signed in as {site.expect(200, 'GET', '/api/v1/users/me/').json['email']}"


# Channels
def live_updates(site: SiteClient) -> str:
    from tools.websocket_client import open_websocket

    open_websocket(site, "/ws/notifications/").close()
    return "opened a WebSocket with a ticket"


# Celery, Channels
def background_task(site: SiteClient) -> str:
    """The preflight task sends its result over the WebSocket."""
    from tools.websocket_client import open_websocket, receive_event

    with open_websocket(site, "/ws/notifications/") as websocket:
        if site.request("POST", "/api/v1/preflight/").status in (403, 404):
            raise NotRun("this account may not start the preflight task")
        return receive_event(websocket, "notification", kind="preflight")["text"]


def delete_account(site: SiteClient, sign_up: bool) -> str:
    if not (sign_up and site.access_token):
        raise NotRun("no account was created")
    site.expect(204, "DELETE", "/api/v1/users/me/")
    return "deleted"


def checks(sign_up: bool, timeout: float) -> dict[str, Check]:
    return {
        "front page": front_page,
        "static file": static_file,
        "health": health,
        "health report": partial(health_report, timeout=timeout),
        "API": api,
        "account": partial(account, sign_up=sign_up),
        # Channels
        "live updates": live_updates,
        # Celery, Channels
        "task": background_task,
        # Yours
        "delete account": partial(delete_account, sign_up=sign_up),
    }


def run(check: Check, site: SiteClient) -> tuple[str, str]:
    try:
        return "ok", check(site)
    except NotRun as reason:
        return "not run", str(reason)
    except CheckFailed as error:
        return "FAILED", str(error)
    except (OSError, HTTPException, ValueError, KeyError) as error:
        return "FAILED", f"{type(error).__name__}: {error}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/smoke", description=str(__doc__).partition("\n")[0])
    parser.add_argument("url", type=base_url, help="address of the site, such as https://www.example.com")
    parser.add_argument("--sign-up", action="store_true", help="create an account, and delete it at the end")
    parser.add_argument("--timeout", type=float, default=90, metavar="S", help="seconds until all services are healthy")
    parser.add_argument(
        "--via", type=via, action="append", default=[], metavar="HOST=IP:PORT", help="reach a host there"
    )
    options = parser.parse_args()

    site = SiteClient(options.url, dict(options.via))
    failed = 0
    for name, check in checks(options.sign_up, options.timeout).items():
        started = time.monotonic()
        result, message = run(check, site)
        print(f"{result:7}  {name:14}  {time.monotonic() - started:6.2f} s  {message}", flush=True)
        failed += result == "FAILED"
    print(f"{failed} failed." if failed else f"{site.base_url} works.")
    return 1 if failed else 0


def base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise argparse.ArgumentTypeError(f"{text} is not an address like https://www.example.com")
    return text.rstrip("/")


def via(text: str) -> tuple[str, tuple[str, int]]:
    host, _, address = text.partition("=")
    ip, _, port = address.partition(":")
    return host, (ip, int(port))


if __name__ == "__main__":
    sys.exit(main())
