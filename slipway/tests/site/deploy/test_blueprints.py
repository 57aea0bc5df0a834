"""The Blueprints and the Procfile start what config/processes.py says, with all that it needs."""

from dataclasses import fields
from typing import Any

import pytest
import yaml

from config.env import Env
from config.processes import PROCESSES, RELEASE, STOP_DELAY
from slipway.tests.site.live.daphne import SINGLE_PROCESS
from tests.commands import ROOT, run

PAID, FREE = "render.yaml", "deploy/render-free.yaml"
# What Render sets by itself, or leaves to the settings to know.
GIVEN_BY_RENDER = {"ALLOWED_HOSTS"}
NAMES = {field.name.upper() for field in fields(Env)} | {"DJANGO_SETTINGS_MODULE"}
NEEDED = {field.name.upper(): field.metadata["needed_by"] for field in fields(Env) if field.metadata["required"]}


def blueprint(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def services(path: str) -> list[dict[str, Any]]:
    return [service for service in blueprint(path)["services"] if service["type"] != "keyvalue"]


def variables(path: str, service: dict[str, Any]) -> set[str]:
    groups = {group["name"]: group["envVars"] for group in blueprint(path).get("envVarGroups", [])}
    own = [item for item in service["envVars"] if "key" in item]
    shared = [item for entry in service["envVars"] if "fromGroup" in entry for item in groups[entry["fromGroup"]]]
    return {item["key"] for item in own + shared}


def process(service: dict[str, Any]) -> str:
    return next((name for name, command in PROCESSES.items() if command == service["startCommand"]), "ws")


def test_each_process_has_a_service_of_its_own() -> None:
    assert [service["startCommand"] for service in services(PAID)] == list(PROCESSES.values())
    assert [service["name"].rpartition("-")[2] for service in services(PAID)] == list(PROCESSES)


def test_one_process_does_everything_on_the_free_plan() -> None:
    (service,) = services(FREE)

    assert service["startCommand"] == SINGLE_PROCESS
    assert service["plan"] == "free"


def test_the_procfile_starts_the_same_processes() -> None:
    lines = [line for line in (ROOT / "Procfile").read_text().splitlines() if not line.startswith("#")]

    assert dict(line.split(": ", 1) for line in lines) == {"release": RELEASE, **PROCESSES}


def test_migrations_run_in_one_place() -> None:
    assert [service.get("preDeployCommand") for service in services(PAID)].count(RELEASE) == 1
    assert not any("migrate" in service["buildCommand"] for service in services(PAID))
    assert "migrate" not in (ROOT / "build.sh").read_text()
    # There is no such step on the free plan.
    assert services(FREE)[0]["buildCommand"] == f"./build.sh && {RELEASE}"


@pytest.mark.parametrize("path", [PAID, FREE])
def test_every_service_gets_what_it_needs_and_nothing_that_nobody_reads(path: str) -> None:
    for service in services(path):
        given = variables(path, service)
        needed = {name for name, processes in NEEDED.items() if process(service) in processes}

        assert needed - GIVEN_BY_RENDER - given == set(), service["name"]
        assert given - NAMES == set(), service["name"]


def test_all_services_share_one_key_database_and_redis() -> None:
    for service in services(PAID):
        assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} <= variables(PAID, service)
        assert [item for item in service["envVars"] if item.get("generateValue")] == []


@pytest.mark.parametrize("path", [PAID, FREE])
def test_no_process_is_ended_before_it_had_its_time(path: str) -> None:
    assert [service["name"] for service in services(path) if service["maxShutdownDelaySeconds"] < STOP_DELAY] == []


@pytest.mark.parametrize("path", [PAID, FREE])
def test_everything_is_in_one_region(path: str) -> None:
    found = blueprint(path)

    assert len({item["region"] for item in found["services"] + found["databases"]}) == 1


def test_the_queue_forgets_nothing_and_is_private() -> None:
    (store,) = [service for service in blueprint(PAID)["services"] if service["type"] == "keyvalue"]

    assert store["maxmemoryPolicy"] == "noeviction"
    assert store["ipAllowList"] == []


def test_a_release_is_built_without_any_secret() -> None:
    collect = next(line for line in (ROOT / "build.sh").read_text().splitlines() if "collectstatic" in line)

    name, _, command = collect.partition(" ")
    assert run(*command.split(), "--dry-run", **dict([name.split("=")])).returncode == 0
