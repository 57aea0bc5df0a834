"""Deploy a commit on Render, and wait until the site runs it.

    bin/deploy https://www.example.com 1a2b3c...     deploy this commit, given with all its 40 characters
    bin/deploy https://www.example.com --rollback    go back to the commit before, or to a given one, without a build

With RENDER_API_KEY and RENDER_SERVICE_IDS, it can do both, and stops as soon as a service fails. With
RENDER_DEPLOY_HOOKS, which has the deploy hook of each service, it cannot roll back. Separate several ids or hooks by
spaces or lines. RENDER_API is the address of another API, for tests.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable
from urllib.request import Request

from tools.render_api import Deploy, DeployError, Render, TemporaryError, send
from tools.smoke import base_url

API = "https://api.render.com/v1"
# Final statuses of a deploy that does not become live.
FAILURES = {
    "build_failed": "does not build",
    "pre_deploy_failed": "failed before it started: does a migration fail?",
    "update_failed": "does not become healthy",
    "canceled": "was cancelled",
    "deactivated": "was replaced by another deploy",
}


class Deadline:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def wait_for(self, is_done: Callable[[], tuple[bool, str]], problem: str) -> None:
        """Repeat a check until it returns True. After the deadline, fail with its last message."""
        while True:
            try:
                done, message = is_done()
            except TemporaryError as error:
                done, message = False, str(error)
            if done:
                return
            if time.monotonic() > self.end:
                raise DeployError(f"{problem} after {self.seconds:g} seconds: {message}.")
            time.sleep(min(5, self.seconds / 200))


def deploy_by_hooks(hooks: list[str], commit: str) -> None:
    for number, hook in enumerate(hooks, 1):
        name = f"Number {number} of RENDER_DEPLOY_HOOKS"
        request = Request(f"{hook}{'&' if '?' in hook else '?'}ref={commit}", method="POST")  # noqa: S310
        status, _ = send(request, name)
        if status >= 300:
            raise DeployError(f"{name} returned {status}: is it the service's hook, and is the commit pushed?")
        print_now(f"{name} started a deploy.")


def deploy_services(render: Render, services: list[str], commit: str, deadline: Deadline) -> None:
    known = {service: deploy_ids(render, service) for service in services}
    for service in services:
        render.request("POST", service, "deploys", commitId=commit)
        print_now(f"{service}: the deploy of {commit[:12]} started.")
    wait_for_deploys(render, known, commit, deadline)


def roll_back_services(render: Render, services: list[str], wanted: str, deadline: Deadline) -> str:
    """Roll all services back to the same commit, which is returned. It is chosen before any service changes."""
    earlier = {service: earlier_deploy(render, service, wanted) for service in services}
    commits = {deploy.commit for deploy in earlier.values()}
    if len(commits) > 1:
        choices = ", ".join(f"{service} {deploy.commit}" for service, deploy in earlier.items())
        raise DeployError(f"The services ran different commits before. Name the commit to go back to: {choices}")
    known = {service: deploy_ids(render, service) for service in services}
    for service, deploy in earlier.items():
        render.request("POST", service, "rollback", deployId=deploy.id)
        print_now(f"{service}: the rollback to {deploy.commit[:12]} started.")
    commit = commits.pop()
    wait_for_deploys(render, known, commit, deadline)
    return commit


def earlier_deploy(render: Render, service: str, wanted: str) -> Deploy:
    """The newest deploy that was live before the live commit's first one. A second rollback goes one step further."""
    deploys = [deploy for deploy in render.deploys(service) if deploy.status in ("live", "deactivated")]
    live = next((deploy.commit for deploy in deploys if deploy.status == "live"), "")
    if not live:
        raise DeployError(f"{service}: no deploy is live, so a rollback is impossible.")
    first = max(place for place, deploy in enumerate(deploys) if deploy.commit == live)
    found = [deploy for deploy in deploys if deploy.commit == wanted] if wanted else deploys[first + 1 :]
    if not found:
        raise DeployError(f"{service}: Render lists no deploy {f'of {wanted}' if wanted else f'before {live[:12]}'}.")
    return found[0]


def deploy_ids(render: Render, service: str) -> set[str]:
    return {deploy.id for deploy in render.deploys(service)}


def wait_for_deploys(render: Render, known: dict[str, set[str]], commit: str, deadline: Deadline) -> None:
    """Wait until each service has a new deploy of this commit that is live."""
    pending = dict(known)

    def all_live() -> tuple[bool, str]:
        statuses = {}
        for service, old in list(pending.items()):
            new = [deploy for deploy in render.deploys(service) if deploy.id not in old and deploy.commit == commit]
            # A deploy that waits for another one may not be listed yet.
            status = statuses[service] = new[0].status if new else "queued"
            if status in FAILURES:
                raise DeployError(f"{service}: the deploy {FAILURES[status]}. Its log is in Render's dashboard.")
            if status == "live":
                print_now(f"{service}: live.")
                del pending[service]
        return not pending, ", ".join(f"{service} is {status}" for service, status in statuses.items())

    deadline.wait_for(all_live, "Not all services are live")


def wait_for_site(site: str, commit: str, deadline: Deadline) -> None:
    def runs_commit() -> tuple[bool, str]:
        status, body = send(Request(f"{site}/api/health/"), site)  # noqa: S310
        try:
            version = json.loads(body)["version"]
        except (ValueError, KeyError, TypeError):
            return False, f"/api/health/ returned {status} without a version"
        return version == commit, f"the last version was {version or 'empty'}"

    deadline.wait_for(runs_commit, f"{site} does not run {commit}")
    print_now(f"{site} runs {commit[:12]}.")


def print_now(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    options = arguments(sys.argv[1:])
    deadline = Deadline(options.timeout)
    try:
        commit = release(options, deadline)
        wait_for_site(options.site, commit, deadline)
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    if options.rollback:
        print_now("The next push to main deploys main again: revert the faulty commit first.")
    return 0


def release(options: argparse.Namespace, deadline: Deadline) -> str:
    """Start the deploys, and return the commit that the site should run."""
    key, services, hooks = map(read_words, ("RENDER_API_KEY", "RENDER_SERVICE_IDS", "RENDER_DEPLOY_HOOKS"))
    if key and services:
        # Not an option: whoever chooses the commit of a workflow must not choose where the key is sent.
        render = Render(key[0], os.environ.get("RENDER_API") or API)
        if not is_protected(render.address):
            raise DeployError(f"RENDER_API is not like {API}")
        if options.rollback:
            return roll_back_services(render, services, options.commit, deadline)
        deploy_services(render, services, options.commit, deadline)
        return options.commit
    if options.rollback or not hooks:
        alternative = "" if options.rollback else ", or RENDER_DEPLOY_HOOKS"
        raise DeployError(f"Set RENDER_API_KEY and RENDER_SERVICE_IDS{alternative}.")
    for number, hook in enumerate(hooks, 1):
        if not is_protected(hook):
            raise DeployError(f"Number {number} of RENDER_DEPLOY_HOOKS is not like https://api.render.com/deploy/...")
    deploy_by_hooks(hooks, options.commit)
    return options.commit


def read_words(variable: str) -> list[str]:
    words = os.environ.get(variable, "").split()
    # An exception of Python about another character would show the whole secret.
    if not all(re.fullmatch(r"[!-~]+", word) for word in words):
        raise DeployError(f"{variable} contains an invalid character. Copy it again.")
    return words


def is_protected(address: str) -> bool:
    """Secrets are sent over HTTPS only, except to this machine."""
    return bool(re.match(r"https://\w|http://(localhost|127\.0\.0\.1)[:/]", address))


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/deploy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=base_url, help="address of the site, such as https://www.example.com")
    parser.add_argument("commit", nargs="?", default="", help="commit to deploy: git rev-parse main")
    parser.add_argument("--rollback", action="store_true", help="go back to the commit before, or to the given one")
    parser.add_argument("--timeout", type=float, default=1800, metavar="S", help="seconds until the site must run it")
    # parse_args() does not find a commit after an option.
    options = parser.parse_intermixed_args(given)
    if not re.fullmatch(r"[0-9a-f]{40}", options.commit) and (options.commit or not options.rollback):
        parser.error("give the commit with all its 40 characters: git rev-parse main")
    return options


if __name__ == "__main__":
    sys.exit(main())
