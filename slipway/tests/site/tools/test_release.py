"""`bin/deploy`, with a local server in the place of Render."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.commands import run

OLDER, OLD, NEW = "0" * 40, "a" * 40, "b" * 40
KEY = "rnd_never-to-be-seen"
IDS = "srv-web srv-worker"


@dataclass
class Platform:
    """The services, their deploys (newest first), and the site that they serve."""

    deploys: dict[str, list[dict[str, Any]]]
    version: str = OLD
    # The statuses of a new deploy, one for each request of its status.
    statuses: tuple[str, ...] = ("queued", "build_in_progress", "live")
    # The number of requests that fail after a deploy has started.
    outage: int = 0
    redirects: bool = False
    port: int = 0
    requests: list[str] = field(default_factory=list)

    def start(self, service: str, commit: str) -> None:
        listed = self.deploys[service]
        moment = f"2026-11-21T03:{len(listed):02}:00Z"
        identity = f"dep-{service}-{len(listed)}"
        listed.insert(0, {"id": identity, "createdAt": moment, "commit": {"id": commit}, "statuses": [*self.statuses]})
        self.advance(listed)

    def advance(self, listed: list[dict[str, Any]]) -> None:
        newest = listed[0]
        if newest.get("statuses"):
            newest["status"] = newest["statuses"].pop(0)
            if newest["status"] == "live":
                for other in listed[1:]:
                    other["status"] = "deactivated" if other["status"] == "live" else other["status"]
                self.version = newest["commit"]["id"]


class Handler(BaseHTTPRequestHandler):
    platform: Platform

    def do_GET(self) -> None:
        platform = self.platform
        path, _ = self.record_request()
        if path == "/api/health/":
            return self.reply(200, {"version": platform.version}) if platform.version else self.reply(404)
        service = self.known(path)
        if service and platform.redirects:
            return self.reply(302, location="/elsewhere")
        if service and platform.outage and "statuses" in platform.deploys[service][0]:
            platform.outage -= 1
            return self.reply(503)
        if not service:
            return None
        platform.advance(platform.deploys[service])
        # Render documents no order.
        listed = sorted(platform.deploys[service], key=lambda deploy: deploy["id"])
        content = [{"deploy": deploy, "cursor": "x"} for deploy in listed if deploy["status"] != "unlisted"]
        return self.reply(200, content)

    def do_POST(self) -> None:
        path, query = self.record_request()
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "{}")
        if path.startswith("/deploy/"):
            service_id = path.removeprefix("/deploy/")
            if service_id not in self.platform.deploys or query["key"] != [KEY]:
                return self.reply(404, {"message": f"no hook {self.path}"})
            self.platform.start(service_id, query["ref"][0])
            return self.reply(202)
        service = self.known(path)
        if not service:
            return None
        listed = self.platform.deploys[service]
        before = {deploy["id"]: deploy["commit"]["id"] for deploy in listed}
        self.platform.start(service, before[data["deployId"]] if path.endswith("/rollback") else data["commitId"])
        return self.reply(201, listed[0])

    def record_request(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        self.platform.requests.append(f"{self.command} {parts.path}")
        return parts.path, parse_qs(parts.query)

    def known(self, path: str) -> str | None:
        """The service of an authorized request. Otherwise reply with an error that contains the key."""
        service = path.split("/")[3] if path.startswith("/v1/services/") else ""
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self.reply(401, {"message": f"who is {self.headers['Authorization']}?"})
        elif service not in self.platform.deploys:
            self.reply(404)
        else:
            return service
        return None

    def reply(self, status: int, content: Any = None, location: str = "") -> None:
        body = json.dumps(content).encode() if content is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


def history(service: str, *deploys: tuple[str, str]) -> list[dict[str, Any]]:
    """Deploys of a service, newest first: commit and status."""
    numbers = range(len(deploys) - 1, -1, -1)
    return [
        {
            "id": f"dep-{service}-{number}",
            "createdAt": f"2026-11-21T03:{number:02}:00Z",
            "commit": {"id": commit},
            "status": status,
        }
        for number, (commit, status) in zip(numbers, deploys, strict=True)
    ]


@pytest.fixture
def platform() -> Iterator[Platform]:
    past = ((OLD, "live"), (OLDER, "deactivated"))
    platform = Platform({service: history(service, *past) for service in IDS.split()})
    handler = type("PlatformHandler", (Handler,), {"platform": platform})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        platform.port = server.server_port
        Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield platform
        server.shutdown()


def deploy(platform: Platform, *arguments: str, timeout: float = 20, **environment: str) -> tuple[int, str, str]:
    """Return the exit code, the output and the errors. They never contain the secret."""
    here = f"http://127.0.0.1:{platform.port}"
    command = ["python", "-m", "tools.release", here, f"--timeout={timeout}"]
    done = run(*command, *arguments, **{"RENDER_API": f"{here}/v1", **environment})
    assert KEY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def with_key(platform: Platform, *arguments: str, key: str = KEY, **options: Any) -> tuple[int, str, str]:
    return deploy(platform, *arguments, RENDER_API_KEY=key, RENDER_SERVICE_IDS=IDS, **options)


def hooks(platform: Platform, *keys: str) -> str:
    address = f"http://127.0.0.1:{platform.port}/deploy"
    return "\n".join(f"{address}/{service}?key={key}" for service, key in zip(IDS.split(), keys, strict=True))


def started(platform: Platform) -> list[str]:
    return [request for request in platform.requests if request.startswith("POST")]


def test_a_commit_is_deployed_when_every_service_is_live_and_the_site_runs_it(platform: Platform) -> None:
    code, output, _ = with_key(platform, NEW)

    newest = {service: deploys[0] for service, deploys in platform.deploys.items()}
    assert code == 0
    assert {service: deploy["commit"]["id"] for service, deploy in newest.items()} == dict.fromkeys(IDS.split(), NEW)
    assert {deploy["status"] for deploy in newest.values()} == {"live"}
    assert output.splitlines()[-1].endswith(f"runs {NEW[:12]}.")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("build_failed", "srv-web: the deploy does not build"),
        ("pre_deploy_failed", "does a migration fail?"),
        ("update_failed", "does not become healthy"),
        ("canceled", "was cancelled"),
    ],
)
def test_a_failed_deploy_ends_the_command(platform: Platform, end: str, message: str) -> None:
    platform.statuses = ("build_in_progress", end)

    code, _, errors = with_key(platform, NEW, timeout=10)

    assert code == 1
    assert message in errors
    assert "GET /api/health/" not in platform.requests


def test_an_earlier_deploy_of_the_same_commit_does_not_count(platform: Platform) -> None:
    platform.statuses = ("unlisted",)

    code, _, errors = with_key(platform, OLD, timeout=0.5)

    assert code == 1
    assert "after 0.5 seconds: srv-web is queued, srv-worker is queued." in errors


def test_temporary_errors_of_the_api_are_retried(platform: Platform) -> None:
    platform.outage = 2

    code, _, errors = with_key(platform, NEW)

    assert (code, errors) == (0, "")


def test_deploy_hooks_deploy_the_commit(platform: Platform) -> None:
    platform.statuses = ("live",)

    code, output, _ = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY))

    assert code == 0
    assert started(platform) == ["POST /deploy/srv-web", "POST /deploy/srv-worker"]
    assert f"runs {NEW[:12]}" in output


def test_a_failed_hook_is_named_by_its_number(platform: Platform) -> None:
    code, _, errors = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, "outdated"))

    assert code == 1
    assert errors.startswith("Number 2 of RENDER_DEPLOY_HOOKS returned 404")
    assert "outdated" not in errors


def test_the_address_of_an_unavailable_hook_is_not_printed(platform: Platform) -> None:
    code, _, errors = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=f"http://127.0.0.1:1/deploy?key={KEY}")

    assert code == 1
    assert "Number 1 of RENDER_DEPLOY_HOOKS is unavailable" in errors
    assert "refused" in errors


@pytest.mark.parametrize("hook", [f"http://api.render.com/deploy?key={KEY}", KEY])
def test_a_hook_needs_https(platform: Platform, hook: str) -> None:
    code, _, errors = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hook)

    assert code == 1
    assert errors == "Number 1 of RENDER_DEPLOY_HOOKS is not like https://api.render.com/deploy/...\n"


def test_the_api_needs_https(platform: Platform) -> None:
    code, _, errors = with_key(platform, NEW, RENDER_API="http://api.render.com/v1")

    assert (code, errors) == (1, "RENDER_API is not like https://api.render.com/v1\n")


def test_a_timeout_prints_the_last_version_of_the_site(platform: Platform) -> None:
    platform.statuses = ("build_in_progress",)

    code, _, errors = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY), timeout=0.5)

    assert code == 1
    assert errors.endswith(f"does not run {NEW} after 0.5 seconds: the last version was {OLD}.\n")


def test_a_site_without_a_version_is_not_deployed(platform: Platform) -> None:
    platform.statuses, platform.version = ("build_in_progress",), ""

    code, _, errors = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY), timeout=0.5)

    assert code == 1
    assert "/api/health/ returned 404 without a version" in errors


@pytest.mark.parametrize(
    ("past", "wanted", "chosen"),
    [
        ([(NEW, "live"), (OLD, "deactivated"), (OLDER, "deactivated")], "", OLD),
        # A deploy that was never live is ignored.
        ([(NEW, "live"), (OLDER, "build_failed"), (OLD, "deactivated")], "", OLD),
        # A changed variable deploys the same commit again. A rollback to it would change nothing.
        ([(NEW, "live"), (NEW, "deactivated"), (OLD, "deactivated")], "", OLD),
        # After a rollback, the next one goes back further, not to the faulty commit.
        ([(OLD, "live"), (NEW, "deactivated"), (OLD, "deactivated"), (OLDER, "deactivated")], "", OLDER),
        ([(NEW, "live"), (OLD, "deactivated"), (OLDER, "deactivated")], OLDER, OLDER),
    ],
)
def test_a_rollback_goes_to_the_commit_that_was_live_before(
    platform: Platform, past: list[tuple[str, str]], wanted: str, chosen: str
) -> None:
    platform.deploys = {service: history(service, *past) for service in IDS.split()}

    code, output, errors = with_key(platform, "--rollback", *filter(None, [wanted]))

    assert (code, errors) == (0, "")
    assert started(platform) == [f"POST /v1/services/{service}/rollback" for service in IDS.split()]
    assert platform.version == chosen
    assert "revert the faulty commit first" in output


def test_services_with_different_commits_are_not_rolled_back(platform: Platform) -> None:
    platform.deploys["srv-worker"] = history("srv-worker", (NEW, "live"), (OLD, "deactivated"))

    code, _, errors = with_key(platform, "--rollback")

    assert code == 1
    assert f"srv-web {OLDER}, srv-worker {OLD}" in errors
    assert started(platform) == []


@pytest.mark.parametrize(
    ("past", "message"),
    [
        ([(OLD, "live")], f"Render lists no deploy before {OLD[:12]}."),
        ([(OLD, "build_failed")], "no deploy is live"),
    ],
)
def test_without_an_earlier_deploy_nothing_is_rolled_back(
    platform: Platform, past: list[tuple[str, str]], message: str
) -> None:
    platform.deploys["srv-worker"] = history("srv-worker", *past)

    code, _, errors = with_key(platform, "--rollback")

    assert code == 1
    assert errors.startswith("srv-worker: ")
    assert message in errors
    assert started(platform) == []


def test_deploy_hooks_cannot_roll_back(platform: Platform) -> None:
    code, _, errors = deploy(platform, "--rollback", RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY))

    assert (code, errors) == (1, "Set RENDER_API_KEY and RENDER_SERVICE_IDS.\n")


def test_a_wrong_key_is_reported_and_not_printed(platform: Platform) -> None:
    code, _, errors = with_key(platform, NEW, key="rnd_mistaken")

    assert code == 1
    assert errors == "Render's API for srv-web returned 401: is RENDER_API_KEY right?\n"


def test_an_invalid_key_is_reported_and_not_printed(platform: Platform) -> None:
    code, _, errors = with_key(platform, NEW, key=f"{KEY}…")

    assert code == 1
    assert errors.startswith("RENDER_API_KEY contains an invalid character")


def test_the_key_is_not_sent_to_another_address(platform: Platform) -> None:
    platform.redirects = True

    code, _, errors = with_key(platform, NEW)

    assert code == 1
    assert "returned 302" in errors
    assert "GET /elsewhere" not in platform.requests


@pytest.mark.parametrize("commit", [[], ["main"], ["1a2b3c4"]])
def test_an_abbreviated_commit_is_refused(platform: Platform, commit: list[str]) -> None:
    code, _, errors = with_key(platform, *commit)

    assert code == 2
    assert "give the commit with all its 40 characters" in errors
    assert platform.requests == []


def test_without_secrets_the_error_names_them(platform: Platform) -> None:
    code, _, errors = deploy(platform, NEW)

    assert code == 1
    assert errors == "Set RENDER_API_KEY and RENDER_SERVICE_IDS, or RENDER_DEPLOY_HOOKS.\n"
