"""What docker-compose.yml and the nginx before it promise, as far as reading them tells."""

import re
from dataclasses import fields
from typing import Any

import pytest
import yaml
from django.conf import settings

from config.env import Env
from config.processes import PROCESSES, RELEASE, STOP_DELAY
from tests.commands import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = (ROOT / "deploy/nginx/site.conf").read_text()
NAMES = {field.name.upper() for field in fields(Env)}
# Those that begin as root to give up more than they keep.
CAPABILITIES = {
    "nginx": {"CHOWN", "SETGID", "SETUID"},
    "database": {"CHOWN", "DAC_READ_SEARCH", "FOWNER", "SETGID", "SETUID"},
}
every_service = pytest.mark.parametrize("name", SERVICES)


def command(name: str) -> str:
    """As the process sees it: Compose writes `$$` for `$`, and `sh -c exec` is there to fill in the port."""
    given = SERVICES[name]["command"]
    text = given if isinstance(given, str) else given[-1].removeprefix("exec ")
    return text.replace("$$", "$")


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_each_process_has_a_service_that_starts_it() -> None:
    assert {name: command(name) for name in PROCESSES} == PROCESSES


def test_migrations_run_once_and_before_everybody_else() -> None:
    assert command("migrate") == RELEASE
    assert [name for name in SERVICES if RELEASE in str(SERVICES[name].get("command"))] == ["migrate"]
    for name in PROCESSES:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_image_is_built_once_and_shared() -> None:
    assert [name for name in SERVICES if "build" in SERVICES[name]] == ["keys"]
    assert {SERVICES[name]["image"] for name in [*PROCESSES, "keys", "migrate"]} == {"${COMPOSE_PROJECT_NAME}-site"}


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ("keys", "migrate")])
def test_a_service_tells_whether_it_is_well(name: str) -> None:
    image_has_one = SERVICES[name]["image"] == SERVICES["web"]["image"]
    check = SERVICES[name].get("healthcheck", {})

    assert check.get("test") or (image_has_one and not check)
    # Celery
    if name in ("worker", "beat"):
        assert check["test"] == f"python -m config.health {name}"


@every_service
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == CAPABILITIES.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 200
    assert re.fullmatch(r"\d+m", service["mem_limit"])
    assert "privileged" not in service


@every_service
def test_only_this_machine_reaches_a_port(name: str) -> None:
    ports = SERVICES[name].get("ports", [])

    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    # The mail catcher is for this machine's browser as well.
    assert bool(ports) == (name in ("nginx", "mail"))


def test_the_data_are_reached_by_our_own_processes_alone() -> None:
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert [SERVICES[name]["networks"] for name in ("database", "redis")] == [["data"], ["data"]]
    assert {name for name in SERVICES if "data" in SERVICES[name].get("networks", [])} == {
        *PROCESSES, "migrate", "database", "redis",
    }  # fmt: skip


def test_what_must_stay_is_in_named_volumes() -> None:
    mounts = {name: SERVICES[name].get("volumes", []) for name in SERVICES}
    named = {mount.split(":")[0] for name in mounts for mount in mounts[name] if not mount.startswith("./")}

    assert named == set(COMPOSE["volumes"])
    assert "database:/var/lib/postgresql/data" in mounts["database"]
    assert mounts["redis"] == ["queue:/data"]
    assert "--appendonly yes" in SERVICES["redis"]["command"]


def test_the_keys_are_made_by_one_and_read_by_the_others() -> None:
    readers = [*PROCESSES, "migrate", "database"]

    assert SERVICES["keys"]["volumes"] == ["keys:/data/keys"]
    assert [name for name in readers if "keys:/data/keys:ro" not in SERVICES[name]["volumes"]] == []
    assert SERVICES["database"]["depends_on"] == {"keys": {"condition": "service_completed_successfully"}}


def test_the_database_trusts_nobody_without_a_password() -> None:
    assert SERVICES["database"]["environment"] == {"POSTGRES_PASSWORD_FILE": "/data/keys/password"}
    assert SERVICES["web"]["environment"]["DATABASE_URL"].endswith("?passfile=/data/keys/pgpass")


@pytest.mark.parametrize("name", [name for name in SERVICES if "/" not in SERVICES[name]["image"]])
def test_images_have_a_version(name: str) -> None:
    """Dependabot raises it."""
    image = SERVICES[name]["image"]

    assert image == SERVICES["web"]["image"] or re.fullmatch(r"\w+:\d+\.\d+[.\d]*(-alpine)?", image)


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    assert re.findall(r"(?m)^\s+\w*(?:SECRET|PASSWORD(?!_FILE)|TOKEN|KEY|DSN)\w*:", text) == []
    assert re.findall(r"://[^/@\s]*:[^/@\s]+@", text) == []


@pytest.mark.parametrize("name", [*PROCESSES, "keys", "migrate"])
def test_only_variables_that_are_read_are_set(name: str) -> None:
    given: dict[str, str] = SERVICES[name]["environment"]
    asked_for = {match for value in given.values() for match in re.findall(r"\$\{(\w+)", value)}

    assert given.keys() - NAMES == set()
    assert asked_for - NAMES == set()
    assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]


def test_without_an_env_file_nothing_needed_is_missing() -> None:
    needed = {field.name.upper() for field in fields(Env) if field.metadata["required"]}

    # The key comes from its volume.
    assert needed - SERVICES["web"]["environment"].keys() == {"SECRET_KEY"}


@pytest.mark.parametrize("name", [name for name in PROCESSES if name != "ws"])
def test_a_process_is_left_the_time_to_end(name: str) -> None:
    assert seconds(SERVICES[name]["stop_grace_period"]) > STOP_DELAY


def test_a_queue_forgets_nothing() -> None:
    assert "--maxmemory-policy noeviction" in SERVICES["redis"]["command"]


def test_nginx_starts_anew_when_those_behind_it_have_moved() -> None:
    upstreams = set(re.findall(r"server (\w+):8000;", NGINX))

    assert set(SERVICES["nginx"]["depends_on"]) == upstreams
    assert all(dependency["restart"] for dependency in SERVICES["nginx"]["depends_on"].values())


def test_nginx_leaves_the_refusal_of_large_bodies_to_the_site() -> None:
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)

    assert settings.MAX_BODY_SIZE < int(megabytes) * 1024**2 <= 2 * settings.MAX_BODY_SIZE


def test_nginx_logs_nothing_that_lets_people_in() -> None:
    (form,) = re.findall(r"log_format paths [^;]*;", NGINX)

    # Each of these holds the query, or an address with a query.
    assert [name for name in ("$request ", '$request"', "$request_uri", "$args", "$http_referer") if name in form] == []
    assert re.findall(r"access_log (\S+ ?\w*);", NGINX) == ["/dev/stdout paths"]
    # Its lines about errors hold the whole request, and their form cannot be chosen.
    assert re.findall(r"error_log \S+ (\w+);", NGINX) == ["crit"]


@pytest.mark.parametrize("place", re.findall(r"location (\S+) \{[^}]*proxy_pass", NGINX))
def test_nginx_says_who_asks_and_how(place: str) -> None:
    block = NGINX.partition(f"location {place} {{")[2].partition("}")[0]

    assert set(re.findall(r"proxy_set_header (\S+ \S+);", block)) >= {
        "Host $http_host",
        "X-Forwarded-For $proxy_add_x_forwarded_for",
        "X-Forwarded-Proto $client_scheme",
    }
