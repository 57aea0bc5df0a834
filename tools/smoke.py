"""`bin/smoke ADDRESS`: does a deployment do what it is for? As its users meet it, from outside.

    bin/smoke https://www.example.com                           what needs no account
    SMOKE_EMAIL=... SMOKE_PASSWORD=... bin/smoke https://...    as somebody who has one
    bin/smoke http://localhost:8000 --sign-up                   as somebody new, whose account is deleted at the end

Exit code 1 when something fails.
"""

import argparse
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

from tools.deployment import Deployment, Failed

# Channels
from tools.wire import open_socket


class NotRun(Exception):
    """Nothing was found out; the message says why."""


def page(site: Deployment) -> str:
    answer = site.expect(200, "GET", "/")
    if b"<html" not in answer.body:
        raise Failed("GET / answers with something that is no page")
    return f"{len(answer.body)} bytes"


def static_file(site: Deployment) -> str:
    found = re.search(r'"(/static/[^"]+)"', site.expect(200, "GET", "/").body.decode())
    if not found:
        raise Failed("the page names no static file")
    answer = site.expect(200, "GET", found[1])
    if "immutable" not in answer.headers.get("Cache-Control", ""):
        raise Failed(f"{found[1]} may not be kept by browsers: was collectstatic run?")
    return found[1]


def readiness(site: Deployment) -> str:
    site.expect(200, "GET", "/health/")
    return "ready for requests"


def report(site: Deployment) -> str:
    """Healthy: where there is a queue, all of it has shown that it works."""
    deadline = time.monotonic() + site.patience
    while (found := site.expect(200, "GET", "/api/health/").json)["status"] != "healthy":
        if time.monotonic() > deadline:
            down = [f"{name}: {part['detail']}" for name, part in found["services"].items() if part["status"] == "down"]
            raise Failed(f"{found['status']}. {' '.join(down)}")
        time.sleep(1)
    return f"healthy, version {found['version'][:12] or 'unknown'}"


def api(site: Deployment) -> str:
    site.expect(200, "GET", "/api/v1/")
    site.expect(401, "GET", "/api/v1/users/me/")
    return "answers, and asks who you are"


def account(site: Deployment) -> str:
    if site.signs_up:
        site.email, site.password = f"smoke-{secrets.token_hex(8)}@example.com", secrets.token_urlsafe(20)
        site.expect(202, "POST", "/api/v1/auth/register/", email=site.email, password=site.password)
    if not site.email:
        raise NotRun("set SMOKE_EMAIL and SMOKE_PASSWORD, or make an account with --sign-up")
    site.sign_in()
    me = site.expect(200, "GET", "/api/v1/users/me/").json
    return f"signed in as {me['email']}"


# Channels
def live_updates(site: Deployment) -> str:
    signed_in(site)
    open_socket(site, "/ws/notifications/").close()
    return "a ticket opens a WebSocket"


# Celery, Channels
def task(site: Deployment) -> str:
    """A task tells of its end over the WebSocket."""
    signed_in(site)
    with open_socket(site, "/ws/notifications/") as wire:
        site.expect(202, "POST", "/api/v1/preflight/")
        return wire.hear("notification", where=lambda event: event["kind"] == "preflight")["text"]


def farewell(site: Deployment) -> str:
    if not (site.signs_up and site.token):
        raise NotRun("nothing to tidy up")
    site.expect(204, "DELETE", "/api/v1/users/me/")
    return "the account is deleted"


def signed_in(site: Deployment) -> None:
    if not site.token:
        raise NotRun("nobody is signed in")


CHECKS: list[Callable[[Deployment], str]] = [
    page,
    static_file,
    readiness,
    report,
    api,
    account,
    # Channels
    live_updates,
    # Celery, Channels
    task,
]


def run(site: Deployment) -> Iterator[tuple[str, str, str, float]]:
    """A verdict on each, with its name, its words and its seconds."""
    for check in [*CHECKS, farewell]:
        began = time.monotonic()
        try:
            verdict, words = "ok", check(site)
        except NotRun as reason:
            verdict, words = "not run", str(reason)
        except Failed as reason:
            verdict, words = "FAILED", str(reason)
        except (OSError, HTTPException, ValueError, KeyError) as error:
            verdict, words = "FAILED", f"{type(error).__name__}: {error}"
        yield verdict, check.__name__.replace("_", " "), words, time.monotonic() - began


def main() -> int:
    options = arguments().parse_args()
    site = deployment(vars(options))
    # Celery, Channels
    if options.hold:
        return keep_busy(site, options.hold)

    failed = 0
    for verdict, name, words, seconds in run(site):
        print(f"{verdict:7}  {name:12}  {seconds:6.2f} s  {words}", flush=True)
        failed += verdict == "FAILED"
    print(f"{failed} failed." if failed else f"{site.web} does what it is for.")
    return 1 if failed else 0


# Celery, Channels
def keep_busy(site: Deployment, number: int) -> int:
    from tools.hold import hold

    try:
        account(site)
        hold(site, number)
    except (Failed, NotRun) as reason:
        print(reason, file=sys.stderr)
        return 1
    finally:
        if site.signs_up and site.token:
            farewell(site)
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/smoke", description=str(__doc__).partition("\n")[0])
    parser.add_argument("web", type=origin, help="where the pages are, such as https://www.example.com")
    # Channels
    parser.add_argument("live", type=origin, nargs="?", help="where the WebSockets are, if not as told there")

    parser.add_argument("--sign-up", action="store_true", help="make an account, and delete it afterwards")
    parser.add_argument("--patience", type=float, default=90, metavar="S", help="seconds to wait until it is healthy")
    parser.add_argument(
        "--via",
        type=detour,
        action="append",
        default=[],
        metavar="HOST=ADDRESS:PORT",
        help="reach a host there instead",
    )
    # Celery, Channels
    parser.add_argument(
        "--hold",
        type=int,
        metavar="NUMBER",
        help="keep this many WebSockets open and send tasks, until standard input ends; then say what was lost",
    )

    return parser


def deployment(given: dict[str, Any]) -> Deployment:
    return Deployment(
        web=given["web"],
        live=given.get("live") or "",
        via=dict(given["via"]),
        email=os.environ.get("SMOKE_EMAIL", ""),
        password=os.environ.get("SMOKE_PASSWORD", ""),
        signs_up=given["sign_up"],
        patience=given["patience"],
    )


def origin(text: str) -> str:
    if not re.fullmatch(r"(https?|wss?)://[^/\s]+/?", text):
        raise argparse.ArgumentTypeError(f"{text} is not like https://www.example.com")
    return text.rstrip("/")


def detour(text: str) -> tuple[str, tuple[str, int]]:
    found = re.fullmatch(r"([^=]+)=([^:]+):(\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is not like www.example.com=127.0.0.1:8000")
    return found[1], (found[2], int(found[3]))


if __name__ == "__main__":
    sys.exit(main())
