"""Render's Blueprints start the processes of config/processes.py, with the environment variables that they need.

Your own services, stores and variables in a Blueprint are not checked.
"""

from dataclasses import fields
from typing import Any

import pytest
import yaml

from config.env import Env
from config.processes import PROCESSES, RELEASE, STOP_DELAY
from tests.commands import ROOT

BLUEPRINTS = [str(path.relative_to(ROOT)) for path in (ROOT / "render.yaml", *(ROOT / "deploy").glob("render*.yaml"))]
NEEDED_BY = {field.name.upper(): field.metadata["needed_by"] for field in fields(Env) if field.metadata["required"]}
# The settings know the host names that Render assigns.
SET_BY_RENDER = {"ALLOWED_HOSTS"}

every_blueprint = pytest.mark.parametrize("path", BLUEPRINTS)


def blueprint(path: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / path).read_text()) if (ROOT / path).exists() else {}


def services(path: str) -> dict[str, dict[str, Any]]:
    """The services of the Blueprint that run a process of config/processes.py, by the name of the process."""
    commands = {command: name for name, command in PROCESSES.items()}
    # Channels
    # Without this option, the process serves the whole site.
    commands[PROCESSES["ws"].replace(" --websockets-only", "")] = "ws"

    listed = blueprint(path).get("services", [])
    return {commands[item["startCommand"]]: item for item in listed if item.get("startCommand") in commands}


def variables(path: str, service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The service's environment variables, with those of its environment groups."""
    groups = {group["name"]: group.get("envVars", []) for group in blueprint(path).get("envVarGroups", [])}
    found: dict[str, dict[str, Any]] = {}
    for item in service.get("envVars", []):
        for variable in groups.get(item["fromGroup"], []) if "fromGroup" in item else [item]:
            if "key" in variable:
                found[variable["key"]] = variable
    return found


@every_blueprint
def test_every_process_has_a_service(path: str) -> None:
    started = services(path)

    # A Blueprint with one service runs the whole site in one process.
    missing = [name for name in PROCESSES if name not in started] if len(started) != 1 else []
    assert not missing or not blueprint(path), (
        f"{path} has no service whose startCommand is {[PROCESSES[name] for name in missing]}. "
        "Change config/processes.py and every deployment file together."
    )


@every_blueprint
def test_every_service_has_the_variables_that_it_needs(path: str) -> None:
    for process, service in services(path).items():
        needed = {name for name, processes in NEEDED_BY.items() if process in processes} - SET_BY_RENDER
        missing = sorted(needed - variables(path, service).keys())

        assert not missing, f"{path}: add {', '.join(missing)} to envVars of the service {service.get('name')}."


@every_blueprint
def test_all_services_share_one_secret_key(path: str) -> None:
    started = services(path)
    generated = {"key": "SECRET_KEY", "generateValue": True}
    own = [item.get("name") for item in started.values() if generated in item.get("envVars", [])]

    assert len(started) < 2 or not own, (
        f"{path}: {own} generate a SECRET_KEY of their own, so they reject each other's tokens. "
        "Generate it once, in an envVarGroup."
    )


@every_blueprint
def test_migrations_run_once_for_each_deploy(path: str) -> None:
    listed = blueprint(path).get("services", [])
    places = [item for item in listed if RELEASE in f"{item.get('preDeployCommand')} {item.get('buildCommand')}"]

    assert len(places) == 1 or not listed, (
        f"{path}: `{RELEASE}` must be in the preDeployCommand of one service "
        f"(on the free plan, in its buildCommand). It is in {len(places)}."
    )


@every_blueprint
def test_processes_have_time_to_finish(path: str) -> None:
    # Render's default is 30 seconds.
    short = [
        item.get("name") for item in services(path).values() if item.get("maxShutdownDelaySeconds", 30) < STOP_DELAY
    ]

    assert not short, f"{path}: set maxShutdownDelaySeconds of {', '.join(map(str, short))} to at least {STOP_DELAY}."


# Celery
@every_blueprint
def test_the_task_queue_never_evicts_tasks(path: str) -> None:
    worker = services(path).get("worker", {})
    source = variables(path, worker).get("REDIS_URL", {}).get("fromService", {})
    stores = [item for item in blueprint(path).get("services", []) if source and item.get("name") == source.get("name")]

    assert [item.get("maxmemoryPolicy", "noeviction") for item in stores] in ([], ["noeviction"]), (
        f"{path}: set maxmemoryPolicy of {source.get('name')} to noeviction. "
        "With another policy, Redis deletes waiting tasks when its memory is full."
    )
