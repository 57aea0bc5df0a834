"""The newcomer's other way: clone, `docker compose up`, look at the page. Then all that happens to a site later on."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import BadStatusLine
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from config.processes import PROCESSES
from slipway.tests.drills import drill
from slipway.tests.site.browser import Tab, chromium
from slipway.tests.site.deploy.stack import Stack, missing, running
from slipway.tests.site.serving.test_gunicorn import slow_clients
from slipway.tests.waiting import wait_for
from tests.commands import ROOT

__all__ = ["chromium"]

pytestmark = pytest.mark.slow

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
SERVICES = ["database", "redis", "nginx", *PROCESSES]
# What a working copy may hold and nobody else may see.
OURS = ["db.sqlite3", ".git/config", "apps/pages/.env", "config/.env", "apps/media/portrait.webp"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if reason := missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("clone") / "site"
    for path in OURS:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("hush")
    with running(folder) as stack:
        stack.inside(
            "web", "env", f"DJANGO_SUPERUSER_PASSWORD={PASSWORD}",
            "python", "manage.py", "createsuperuser", "--noinput", "--email", EMAIL,
        )  # fmt: skip
        yield stack


def sign_in(stack: Stack) -> str:
    body = json.dumps({"email": EMAIL, "password": PASSWORD})
    status, answer = stack.ask("/api/v1/auth/login/", "POST", body, **{"Content-Type": "application/json"})
    assert status == 200, answer
    return json.loads(answer)["access"]


def test_everything_is_well(stack: Stack) -> None:
    states = stack.states()

    assert {states.pop(name) for name in ("keys", "migrate")} == {"exited  0"}
    assert states == dict.fromkeys(SERVICES, "running healthy 0")


def test_the_site_does_what_it_is_for(stack: Stack) -> None:
    address = f"http://localhost:{stack.port}"
    smoke = subprocess.run(
        [sys.executable, "-m", "tools.smoke", address, "--sign-up"],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip

    assert smoke.returncode == 0, smoke.stdout + smoke.stderr


def test_a_browser_signs_in_at_the_admin(stack: Stack, chromium: Browser, tmp_path: Path) -> None:
    tab = Tab(chromium, f"http://localhost:{stack.port}")
    tab.page.goto("/admin/")
    tab.page.fill("[name=login]", EMAIL)
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.click("[type=submit]")

    expect(tab.page.get_by_text("Site administration").first).to_be_visible()
    assert tab.errors == []
    tab.context.close()


def test_the_processes_have_no_rights(stack: Stack) -> None:
    for service in PROCESSES:
        status = stack.inside(service, "cat", "/proc/1/status")

        assert re.search(r"(?m)^Uid:\s+10001\b", status)
        assert re.search(r"(?m)^CapEff:\s+0+$", status)
        assert re.search(r"(?m)^NoNewPrivs:\s+1$", status)
        assert "Read-only file system" in stack.inside(service, "sh", "-c", "touch /app/x 2>&1 || true")


def test_the_image_is_small_and_holds_nothing_that_is_not_for_it(stack: Stack) -> None:
    image = f"{stack.name}-site"
    base = re.findall(r"(?m)^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text())[0]
    sizes = [int(stack.run("docker", "image", "inspect", "--format", "{{.Size}}", name)) for name in (image, base)]
    files = stack.run("docker", "run", "--rm", "--user", "0", image, "find", "/app", "/data", "/root", "-type", "f")
    found = stack.run("docker", "run", "--rm", image, "sh", "-c", "which gcc cc make; ls /venv/bin/pip; true")

    assert sizes[0] - sizes[1] < 190_000_000
    assert "/app/staticfiles/staticfiles.json" in files
    assert [path for path in OURS if f"/{path}\n" in files] == []
    assert re.findall(r"/app/(?:tests|docs|tools|requirements)/|/\.cache/", files) == []
    assert re.findall(r"(?m)^/.*/(?:gcc|cc|make)$|^/venv/bin/pip$", found) == []
    assert re.search(r"/app/config/__pycache__/env\.\S+\.pyc", files)


CONNECT = """
import psycopg, sys
for dsn in sys.argv[1:]:
    try:
        query = "SELECT current_user, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        print(*psycopg.connect(dsn).execute(query).fetchone())
    except psycopg.OperationalError as error:
        print("refused" if "password" in str(error) else error)
"""


def test_the_site_needs_a_password_and_is_no_superuser(stack: Stack) -> None:
    known = stack.inside("web", "cat", "/data/keys/password").strip()
    database = "host=database dbname=site user"
    tried = [f"{database}=site passfile=/data/keys/pgpass", f"{database}=site", f"{database}=site password=site"]
    tried += [f"{database}=postgres", f"{database}=postgres password={known}"]
    tables = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"

    assert stack.inside("web", "python", "-c", CONNECT, *tried).splitlines() == ["site False", *["refused"] * 4]
    assert stack.inside("database", "psql", "-U", "postgres", "-Atc", tables, "site").strip() == "site"
    assert known not in stack.compose("logs")


def test_a_volume_of_a_superuser_without_a_password_keeps_working(stack: Stack) -> None:
    """As docker-compose.yml made it before."""
    old = Stack(stack.folder, stack.lent)
    user = ["-e", "POSTGRES_USER=site", "-e", "POSTGRES_DB=site", "-e", "POSTGRES_HOST_AUTH_METHOD=trust"]
    image = stack.run("docker", "compose", "images", "--format", "json", "database")
    volume = f"{old.name}_database:/var/lib/postgresql/data"
    name = "{Repository}:{Tag}".format(**json.loads(image)[0])
    try:
        old.run("docker", "run", "--detach", "--name", old.name, "--volume", volume, *user, name)
        ready = ["docker", "exec", old.name, "pg_isready", "--host", "127.0.0.1"]
        wait_for(lambda: "accepting" in old.run(*ready, check=False), timeout=60)
        old.run("docker", "stop", old.name)
        old.run("docker", "tag", f"{stack.name}-site", f"{old.name}-site")

        assert "Applying accounts.0001_initial... OK" in old.compose("run", "--rm", "migrate")
    finally:
        old.run("docker", "rm", "--force", old.name, check=False)
        old.run("docker", "compose", "down", "--volumes", check=False)
        old.run("docker", "rmi", f"{old.name}-site", check=False)


# Celery
def test_the_database_is_copied_by_the_worker(stack: Stack) -> None:
    said = stack.inside(
        "worker", "python", "manage.py", "shell", "--verbosity", "0",
        "--command", "from apps.tasks.backup import dump_database; print(dump_database())",
    )  # fmt: skip
    # Its log names the file too, and either may come last.
    names = set(re.findall(r"[\w-]+\.dump", said))

    assert len(names) == 1
    assert "TABLE DATA" in stack.inside("worker", "pg_restore", "--list", f"/data/backups/{names.pop()}")


# Channels
def test_no_log_tells_what_lets_people_in(stack: Stack) -> None:
    stack.compose("stop", "ws")
    status, _ = stack.ask("/ws/notifications/?ticket=hush-hush")
    stack.up()
    stack.ask("/?token=hush-hush", Referer="http://localhost/?token=hush-hush")

    logs = stack.compose("logs")
    assert status in (502, 504)
    assert f'"path":"/ws/notifications/","status":{status}' in logs
    assert "hush-hush" not in logs


@pytest.mark.parametrize("services", ["database", "redis", f"{' '.join(PROCESSES)} nginx"])
def test_services_may_be_restarted(stack: Stack, services: str) -> None:
    stack.compose("restart", *services.split())
    stack.up()

    # The longest that a queue takes to show that it works.
    wait_for(lambda: '"status": "healthy"' in report(stack), timeout=180)


def test_slow_clients_delay_nobody(stack: Stack) -> None:
    with slow_clients(
        stack.port, b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
    ):
        began = time.monotonic()
        statuses = [stack.ask(path)[0] for path in ("/health/", "/api/v1/") * 10]
        took = time.monotonic() - began

    assert took < 10
    number, errors = len(statuses), sum(status >= 500 for status in statuses)
    drill("40 slow clients of nginx", requests=number, answered=number, errors=errors)


def test_an_edit_is_there_after_the_same_command_and_what_was_known_still_is(stack: Stack) -> None:
    token = sign_in(stack)
    stack.compose("down")
    page = stack.folder / "apps/pages/templates/pages/landing.html"
    page.write_text(page.read_text().replace("{% block main %}", "{% block main %}<p>Edited just now"))
    (stack.folder / ".env").write_text("ENVIRONMENT=staging\n")

    stack.up("--build")

    assert "Edited just now" in stack.ask("/")[1]
    assert '"environment": "staging"' in stack.ask("/api/health/")[1]
    # The account and what it was signed with have outlived all containers.
    assert stack.ask("/api/v1/users/me/", Authorization=f"Bearer {token}")[0] == 200


def report(stack: Stack) -> str:
    """What it says of its health, if it says anything yet."""
    try:
        return stack.ask("/api/health/")[1]
    except (OSError, BadStatusLine):
        return ""
