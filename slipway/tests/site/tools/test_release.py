"""`bin/deploy`, on a server that does as Render does."""

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
    """Its services, their deploys with the newest first, and the site that the first of them serves."""

    deploys: dict[str, list[dict[str, Any]]]
    version: str = OLD
    # What becomes of a deploy, a step at each look.
    course: tuple[str, ...] = ("queued", "build_in_progress", "live")
    # How many looks at it fail, once a deploy has begun.
    outage: int = 0
    redirects: bool = False
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def begin(self, service: str, commit: str) -> None:
        listed = self.deploys[service]
        moment = f"2026-11-21T03:{len(listed):02}:00Z"
        identity = f"dep-{service}-{len(listed)}"
        listed.insert(0, {"id": identity, "createdAt": moment, "commit": {"id": commit}, "course": [*self.course]})
        self.proceed(listed)

    def proceed(self, listed: list[dict[str, Any]]) -> None:
        newest = listed[0]
        if newest.get("course"):
            newest["status"] = newest["course"].pop(0)
            if newest["status"] == "live":
                for other in listed[1:]:
                    other["status"] = "deactivated" if other["status"] == "live" else other["status"]
                self.version = newest["commit"]["id"]


class Handler(BaseHTTPRequestHandler):
    platform: Platform

    def do_GET(self) -> None:
        platform = self.platform
        path, _ = self.arrived()
        if path == "/api/health/":
            return self.reply(200, {"version": platform.version}) if platform.version else self.reply(404)
        service = self.known(path)
        if service and platform.redirects:
            return self.reply(302, location="/elsewhere")
        if service and platform.outage and "course" in platform.deploys[service][0]:
            platform.outage -= 1
            return self.reply(503)
        if not service:
            return None
        platform.proceed(platform.deploys[service])
        # In no order that could be relied on.
        listed = sorted(platform.deploys[service], key=lambda deploy: deploy["id"])
        told = [{"deploy": deploy, "cursor": "x"} for deploy in listed if deploy["status"] != "unlisted"]
        return self.reply(200, told)

    def do_POST(self) -> None:
        path, query = self.arrived()
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "{}")
        if path.startswith("/deploy/"):
            hooked = path.removeprefix("/deploy/")
            if hooked not in self.platform.deploys or query["key"] != [KEY]:
                return self.reply(404, {"message": f"no hook {self.path}"})
            self.platform.begin(hooked, query["ref"][0])
            return self.reply(202)
        service = self.known(path)
        if not service:
            return None
        listed = self.platform.deploys[service]
        before = {deploy["id"]: deploy["commit"]["id"] for deploy in listed}
        self.platform.begin(service, before[data["deployId"]] if path.endswith("/rollback") else data["commitId"])
        return self.reply(201, listed[0])

    def arrived(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        self.platform.asked.append(f"{self.command} {parts.path}")
        return parts.path, parse_qs(parts.query)

    def known(self, path: str) -> str | None:
        """The service that an allowed question is about. Otherwise it is answered, with what a careless server says."""
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
    """From the newest to the oldest, each with its commit and its status."""
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
    handler = type("Here", (Handler,), {"platform": platform})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        platform.port = server.server_port
        Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield platform
        server.shutdown()


def deploy(platform: Platform, *arguments: str, patience: float = 2, **environment: str) -> tuple[int, str, str]:
    """The exit code, and what was said and complained. Whatever happens, the secret is not in it."""
    here = f"http://127.0.0.1:{platform.port}"
    command = ["python", "-m", "tools.release", here, f"--patience={patience}"]
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
    return [request for request in platform.asked if request.startswith("POST")]


def test_a_commit_is_deployed_when_every_service_is_live_and_the_site_runs_it(platform: Platform) -> None:
    code, said, _ = with_key(platform, NEW)

    newest = {service: deploys[0] for service, deploys in platform.deploys.items()}
    assert code == 0
    assert {service: deploy["commit"]["id"] for service, deploy in newest.items()} == dict.fromkeys(IDS.split(), NEW)
    assert {deploy["status"] for deploy in newest.values()} == {"live"}
    assert said.splitlines()[-1].endswith(f"runs {NEW[:12]}.")


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("build_failed", "srv-web: the deploy does not build"),
        ("pre_deploy_failed", "does a migration fail?"),
        ("update_failed", "does not become healthy"),
        ("canceled", "was cancelled"),
    ],
)
def test_a_deploy_that_fails_ends_the_waiting(platform: Platform, end: str, sentence: str) -> None:
    platform.course = ("build_in_progress", end)

    code, _, complaint = with_key(platform, NEW, patience=10)

    assert code == 1
    assert sentence in complaint
    assert "GET /api/health/" not in platform.asked


def test_an_earlier_deploy_of_the_same_commit_does_not_count(platform: Platform) -> None:
    platform.course = ("unlisted",)

    code, _, complaint = with_key(platform, OLD, patience=0.5)

    assert code == 1
    assert "after 0.5 seconds: srv-web is at queued, srv-worker is at queued." in complaint


def test_a_moment_without_answers_does_not_end_the_waiting(platform: Platform) -> None:
    platform.outage = 2

    code, _, complaint = with_key(platform, NEW)

    assert (code, complaint) == (0, "")


def test_hooks_deploy_the_commit_too(platform: Platform) -> None:
    platform.course = ("live",)

    code, said, _ = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY))

    assert code == 0
    assert started(platform) == ["POST /deploy/srv-web", "POST /deploy/srv-worker"]
    assert f"runs {NEW[:12]}" in said


def test_a_hook_that_fails_is_named_by_its_number(platform: Platform) -> None:
    code, _, complaint = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, "outdated"))

    assert code == 1
    assert complaint.startswith("Number 2 of RENDER_DEPLOY_HOOKS answers 404")
    assert "outdated" not in complaint


def test_a_hook_that_nobody_answers_is_not_shown(platform: Platform) -> None:
    code, _, complaint = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=f"http://127.0.0.1:1/deploy?key={KEY}")

    assert code == 1
    assert "Number 1 of RENDER_DEPLOY_HOOKS does not answer" in complaint
    assert "refused" in complaint


@pytest.mark.parametrize("hook", [f"http://api.render.com/deploy?key={KEY}", KEY])
def test_a_secret_does_not_travel_in_the_open(platform: Platform, hook: str) -> None:
    code, _, complaint = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hook)

    assert code == 1
    assert complaint == "Number 1 of RENDER_DEPLOY_HOOKS is not like https://api.render.com/deploy/...\n"


def test_a_key_does_not_travel_in_the_open(platform: Platform) -> None:
    code, _, complaint = with_key(platform, NEW, RENDER_API="http://api.render.com/v1")

    assert (code, complaint) == (1, "RENDER_API is not like https://api.render.com/v1\n")


def test_a_commit_that_never_arrives_is_told_with_the_version_last_seen(platform: Platform) -> None:
    platform.course = ("build_in_progress",)

    code, _, complaint = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY), patience=0.5)

    assert code == 1
    assert complaint.endswith(f"does not run {NEW} after 0.5 seconds: the last version seen is {OLD}.\n")


def test_a_site_that_tells_no_version_is_not_taken_for_a_deployed_one(platform: Platform) -> None:
    platform.course, platform.version = ("build_in_progress",), ""

    code, _, complaint = deploy(platform, NEW, RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY), patience=0.5)

    assert code == 1
    assert "its /api/health/ answers 404 without a version" in complaint


@pytest.mark.parametrize(
    ("past", "wanted", "chosen"),
    [
        ([(NEW, "live"), (OLD, "deactivated"), (OLDER, "deactivated")], "", OLD),
        # One that never was live is passed over.
        ([(NEW, "live"), (OLDER, "build_failed"), (OLD, "deactivated")], "", OLD),
        # A changed variable deploys the same commit once more: going back to it would mend nothing.
        ([(NEW, "live"), (NEW, "deactivated"), (OLD, "deactivated")], "", OLD),
        # Already rolled back: from here the way leads on, and not to what was wrong.
        ([(OLD, "live"), (NEW, "deactivated"), (OLD, "deactivated"), (OLDER, "deactivated")], "", OLDER),
        ([(NEW, "live"), (OLD, "deactivated"), (OLDER, "deactivated")], OLDER, OLDER),
    ],
)
def test_rolling_back_goes_to_what_was_live_before(
    platform: Platform, past: list[tuple[str, str]], wanted: str, chosen: str
) -> None:
    platform.deploys = {service: history(service, *past) for service in IDS.split()}

    code, said, complaint = with_key(platform, "--rollback", *filter(None, [wanted]))

    assert (code, complaint) == (0, "")
    assert started(platform) == [f"POST /v1/services/{service}/rollback" for service in IDS.split()]
    assert platform.version == chosen
    assert "revert what was wrong first" in said


def test_services_that_ran_different_commits_are_left_alone(platform: Platform) -> None:
    platform.deploys["srv-worker"] = history("srv-worker", (NEW, "live"), (OLD, "deactivated"))

    code, _, complaint = with_key(platform, "--rollback")

    assert code == 1
    assert f"srv-web {OLDER}, srv-worker {OLD}" in complaint
    assert started(platform) == []


@pytest.mark.parametrize(
    ("past", "sentence"),
    [
        ([(OLD, "live")], f"Render remembers no deploy before {OLD[:12]}."),
        ([(OLD, "build_failed")], "nothing is live"),
    ],
)
def test_where_nothing_came_before_nothing_is_done(
    platform: Platform, past: list[tuple[str, str]], sentence: str
) -> None:
    platform.deploys["srv-worker"] = history("srv-worker", *past)

    code, _, complaint = with_key(platform, "--rollback")

    assert code == 1
    assert complaint.startswith("srv-worker: ")
    assert sentence in complaint
    assert started(platform) == []


def test_hooks_cannot_roll_back(platform: Platform) -> None:
    code, _, complaint = deploy(platform, "--rollback", RENDER_DEPLOY_HOOKS=hooks(platform, KEY, KEY))

    assert (code, complaint) == (1, "Set RENDER_API_KEY and RENDER_SERVICE_IDS.\n")


def test_a_wrong_key_is_told_and_not_shown(platform: Platform) -> None:
    code, _, complaint = with_key(platform, NEW, key="rnd_mistaken")

    assert code == 1
    assert complaint == "Render's API, asked about srv-web, answers 401: is RENDER_API_KEY right?\n"


def test_a_key_that_was_copied_badly_is_told_and_not_shown(platform: Platform) -> None:
    code, _, complaint = with_key(platform, NEW, key=f"{KEY}…")

    assert code == 1
    assert complaint.startswith("RENDER_API_KEY holds a character that cannot be part of it")


def test_a_key_does_not_follow_to_another_address(platform: Platform) -> None:
    platform.redirects = True

    code, _, complaint = with_key(platform, NEW)

    assert code == 1
    assert "answers 302" in complaint
    assert "GET /elsewhere" not in platform.asked


@pytest.mark.parametrize("commit", [[], ["main"], ["1a2b3c4"]])
def test_a_commit_is_named_in_full(platform: Platform, commit: list[str]) -> None:
    code, _, complaint = with_key(platform, *commit)

    assert code == 2
    assert "name the commit by all its 40 characters" in complaint
    assert platform.asked == []


def test_without_secrets_it_says_which(platform: Platform) -> None:
    code, _, complaint = deploy(platform, NEW)

    assert code == 1
    assert complaint == "Set RENDER_API_KEY and RENDER_SERVICE_IDS, or RENDER_DEPLOY_HOOKS.\n"
