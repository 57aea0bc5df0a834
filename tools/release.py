"""`bin/deploy ADDRESS COMMIT`: have Render deploy a commit, and wait until the site runs it.

    bin/deploy https://www.example.com 1a2b3c...     this commit, by all its 40 characters
    bin/deploy https://www.example.com --rollback    what ran before, without a new build; a commit says which

RENDER_API_KEY and RENDER_SERVICE_IDS do both, and learn at once when a service fails. Without them RENDER_DEPLOY_HOOKS
has an address for each service: these cannot roll back. Several ids or hooks stand with spaces or line ends between.
RENDER_API leads to a stand-in for Render's own.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tools.smoke import base_url

API = "https://api.render.com/v1"
# Seconds that one answer may take.
ANSWER = 30
# How a deploy ends that does not go live.
ENDS = {
    "build_failed": "does not build",
    "pre_deploy_failed": "failed before it started: does a migration fail?",
    "update_failed": "does not become healthy",
    "canceled": "was cancelled",
    "deactivated": "was replaced by another deploy",
}


class Failed(Exception):
    """The commit is not deployed; the message says why, and holds no secret."""


class Unsure(Failed):
    """No answer, or one that tells nothing: while waiting it is worth to ask again."""


@dataclass(frozen=True)
class Deploy:
    id: str
    commit: str
    status: str


@dataclass(frozen=True)
class Render:
    """Its API, as far as it is about deploys."""

    key: str = field(repr=False)
    address: str

    def deploys(self, service: str) -> list[Deploy]:
        """The newest first."""
        body = self.ask("GET", service, "deploys?limit=100")
        try:
            listed = [item["deploy"] for item in json.loads(body)]
            listed.sort(key=lambda deploy: deploy["createdAt"], reverse=True)
            return [Deploy(item["id"], item["commit"]["id"], item["status"]) for item in listed]
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"Render's API tells of {service}'s deploys in a way that is not known here.") from error

    def deploy(self, service: str, commit: str) -> None:
        self.ask("POST", service, "deploys", commitId=commit)

    def roll_back(self, service: str, deploy: Deploy) -> None:
        self.ask("POST", service, "rollback", deployId=deploy.id)

    def ask(self, method: str, service: str, path: str, **data: str) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        if data:
            headers["Content-Type"] = "application/json"
        body = json.dumps(data).encode() if data else None
        request = Request(f"{self.address}/services/{service}/{path}", body, headers, method=method)  # noqa: S310
        name = f"Render's API, asked about {service},"
        status, said = answer(request, name)
        if status >= 300:
            hints = {
                401: ": is RENDER_API_KEY right?",
                404: ": is it one of the key's services, and the commit pushed?",
            }
            kind = Unsure if status == 429 or status >= 500 else Failed
            raise kind(f"{name} answers {status}{hints.get(status, '')}")
        return said


class StayHere(HTTPRedirectHandler):
    """No key follows to another address."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def answer(request: Request, name: str) -> tuple[int, bytes]:
    """Whatever its status. The address may hold a secret, so errors call it by this name."""
    try:
        with build_opener(StayHere).open(request, timeout=ANSWER) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, HTTPException) as error:
        raise Unsure(f"{name} does not answer: {getattr(error, 'reason', None) or type(error).__name__}") from None


class Patience:
    """How long all of it may take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds

    def wait(self, done: Callable[[], tuple[bool, str]], complaint: str) -> None:
        """Until it is done; if it never is, the complaint ends with what was last heard."""
        while True:
            try:
                ended, last = done()
            except Unsure as error:
                ended, last = False, str(error)
            if ended:
                return
            if time.monotonic() > self.deadline:
                raise Failed(f"{complaint} after {self.seconds:g} seconds: {last}.")
            time.sleep(min(5, self.seconds / 20))


def deploy_by_hooks(hooks: list[str], commit: str) -> None:
    for number, hook in enumerate(hooks, 1):
        name = f"Number {number} of RENDER_DEPLOY_HOOKS"
        request = Request(f"{hook}{'&' if '?' in hook else '?'}ref={commit}", method="POST")  # noqa: S310
        status, _ = answer(request, name)
        if status >= 300:
            raise Failed(f"{name} answers {status}: is it the service's hook, and the commit pushed?")
        say(f"{name} has started a deploy.")


def deploy_services(render: Render, services: list[str], commit: str, patience: Patience) -> None:
    known = {service: ids(render, service) for service in services}
    for service in services:
        render.deploy(service, commit)
        say(f"{service}: {commit[:12]} is on its way.")
    wait_for_deploys(render, known, commit, patience)


def roll_back_services(render: Render, services: list[str], wanted: str, patience: Patience) -> str:
    """To one commit for all, which is returned. It is chosen before the first service is touched."""
    earlier = {service: earlier_deploy(render, service, wanted) for service in services}
    commits = {deploy.commit for deploy in earlier.values()}
    if len(commits) > 1:
        choices = ", ".join(f"{service} {deploy.commit}" for service, deploy in earlier.items())
        raise Failed(f"Not all services ran the same commit before. Say which one to go back to: {choices}")
    known = {service: ids(render, service) for service in services}
    for service, deploy in earlier.items():
        render.roll_back(service, deploy)
        say(f"{service}: back to {deploy.commit[:12]}.")
    commit = commits.pop()
    wait_for_deploys(render, known, commit, patience)
    return commit


def earlier_deploy(render: Render, service: str, wanted: str) -> Deploy:
    """The newest that was live before the live commit first came: going back twice goes two steps back."""
    deploys = [deploy for deploy in render.deploys(service) if deploy.status in ("live", "deactivated")]
    live = next((deploy.commit for deploy in deploys if deploy.status == "live"), "")
    if not live:
        raise Failed(f"{service}: nothing is live, so there is nothing to go back from.")
    first = max(place for place, deploy in enumerate(deploys) if deploy.commit == live)
    chosen = [deploy for deploy in deploys if deploy.commit == wanted] if wanted else deploys[first + 1 :]
    if not chosen:
        raise Failed(f"{service}: Render remembers no deploy {f'of {wanted}' if wanted else f'before {live[:12]}'}.")
    return chosen[0]


def ids(render: Render, service: str) -> set[str]:
    return {deploy.id for deploy in render.deploys(service)}


def wait_for_deploys(render: Render, known: dict[str, set[str]], commit: str, patience: Patience) -> None:
    """Until each service has a deploy of this commit that it did not have before, and it is live."""
    pending = dict(known)

    def all_live() -> tuple[bool, str]:
        statuses = {}
        for service, old in list(pending.items()):
            new = [deploy for deploy in render.deploys(service) if deploy.id not in old and deploy.commit == commit]
            # One that has to wait for another may not be listed yet.
            status = statuses[service] = new[0].status if new else "queued"
            if status in ENDS:
                raise Failed(f"{service}: the deploy {ENDS[status]}. Render's dashboard has its log.")
            if status == "live":
                say(f"{service}: live.")
                del pending[service]
        return not pending, ", ".join(f"{service} is at {status}" for service, status in statuses.items())

    patience.wait(all_live, "Not all services are live")


def wait_for_site(site: str, commit: str, patience: Patience) -> None:
    def runs() -> tuple[bool, str]:
        status, body = answer(Request(f"{site}/api/health/"), site)  # noqa: S310
        try:
            version = json.loads(body)["version"]
        except (ValueError, KeyError, TypeError):
            return False, f"its /api/health/ answers {status} without a version"
        return version == commit, f"the last version seen is {version or 'empty'}"

    patience.wait(runs, f"{site} does not run {commit}")
    say(f"{site} runs {commit[:12]}.")


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    options = arguments(sys.argv[1:])
    patience = Patience(options.patience)
    try:
        commit = release(options, patience)
        wait_for_site(options.site, commit, patience)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    if options.rollback:
        say("The next push to main deploys what is there: revert what was wrong first.")
    return 0


def release(options: argparse.Namespace, patience: Patience) -> str:
    """Returns the commit that the site is to run now."""
    key, services, hooks = words("RENDER_API_KEY"), words("RENDER_SERVICE_IDS"), words("RENDER_DEPLOY_HOOKS")
    if key and services:
        render = Render(key[0], api())
        if options.rollback:
            return roll_back_services(render, services, options.commit, patience)
        deploy_services(render, services, options.commit, patience)
    elif options.rollback or not hooks:
        raise Failed(
            f"Set RENDER_API_KEY and RENDER_SERVICE_IDS{'' if options.rollback else ', or RENDER_DEPLOY_HOOKS'}."
        )
    elif unguarded := [number for number, hook in enumerate(hooks, 1) if not guarded(hook)]:
        raise Failed(f"Number {unguarded[0]} of RENDER_DEPLOY_HOOKS is not like https://api.render.com/deploy/...")
    else:
        deploy_by_hooks(hooks, options.commit)
    return options.commit


def words(variable: str) -> list[str]:
    found = os.environ.get(variable, "").split()
    # Whatever else may stand in an address or a header ends in an error of Python's that shows all of it.
    if not all(re.fullmatch(r"[!-~]+", word) for word in found):
        raise Failed(f"{variable} holds a character that cannot be part of it: copy it anew.")
    return found


def api() -> str:
    """No option, but a variable: who may choose the commit of a workflow must not choose where the key goes."""
    address = os.environ.get("RENDER_API") or API
    if not guarded(address):
        raise Failed(f"RENDER_API is not like {API}")
    return address


def guarded(address: str) -> bool:
    """Secrets travel in nothing less, but on one's own machine."""
    return bool(re.match(r"https://\w|http://(localhost|127\.0\.0\.1)[:/]", address))


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/deploy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=base_url, help="where the pages are, such as https://www.example.com")
    parser.add_argument("commit", nargs="?", default="", help="what to deploy: `git rev-parse main` tells it in full")
    parser.add_argument("--rollback", action="store_true", help="go back to what ran before, or to this commit")
    parser.add_argument("--patience", type=float, default=1800, metavar="S", help="seconds to wait for all of it")
    # By the plain way, a commit that stands after an option would not be seen.
    options = parser.parse_intermixed_args(given)
    if not re.fullmatch(r"[0-9a-f]{40}", options.commit) and (options.commit or not options.rollback):
        parser.error("name the commit by all its 40 characters: git rev-parse main")
    return options


if __name__ == "__main__":
    sys.exit(main())
