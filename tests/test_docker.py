"""Docker Compose and the image start the processes of config/processes.py, with the variables that they need.

Your own services, volumes and variables are not checked.
"""

import re
from dataclasses import fields
from typing import Any

import yaml

from config.env import Env
from config.processes import PROCESSES, RELEASE, STOP_DELAY
from tests.commands import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
# docker-compose.yml generates the key in a volume.
GENERATED = {"SECRET_KEY"}


def command(service: dict[str, Any]) -> str:
    """The command that the container runs. Compose writes `$$` for `$`."""
    given = service.get("command") or ""
    text = given if isinstance(given, str) else given[-1]
    return text.removeprefix("exec ").replace("$$", "$")


def services() -> dict[str, dict[str, Any]]:
    """The services that run a process of config/processes.py, by the name of the process."""
    commands = {text: name for name, text in PROCESSES.items()}
    return {commands[command(service)]: service for service in SERVICES.values() if command(service) in commands}


def test_every_process_has_a_service() -> None:
    missing = [text for name, text in PROCESSES.items() if name not in services()]

    assert not missing, (
        f"docker-compose.yml has no service whose command is {missing}. "
        "Change config/processes.py and every deployment file together."
    )


def test_the_image_starts_the_web_process() -> None:
    assert PROCESSES["web"] in DOCKERFILE, f"The CMD of the Dockerfile must be the web process: {PROCESSES['web']}"


def test_every_service_has_the_variables_that_it_needs() -> None:
    for process, service in services().items():
        needed = {
            field.name.upper()
            for field in fields(Env)
            if field.metadata["required"] and process in field.metadata["needed_by"]
        }
        given = service.get("environment") or {}
        names = given if isinstance(given, dict) else {item.partition("=")[0] for item in given}
        missing = sorted(needed - GENERATED - set(names))

        assert not missing, f"docker-compose.yml: add {', '.join(missing)} to the environment of the service {process}."


def test_migrations_run_before_the_processes_start() -> None:
    migrations = [name for name, service in SERVICES.items() if RELEASE in str(service.get("command"))]

    assert len(migrations) == 1, f"One service of docker-compose.yml must run `{RELEASE}`. Found: {migrations}"
    for process, service in services().items():
        # The short form, a list of names, waits only until the other container has started.
        waits_for = service.get("depends_on")
        condition = waits_for.get(migrations[0], {}).get("condition") if isinstance(waits_for, dict) else None
        assert condition == "service_completed_successfully", (
            f"docker-compose.yml: {process} must wait for {migrations[0]} (condition: service_completed_successfully)."
        )


def test_processes_have_time_to_finish() -> None:
    periods = {process: service.get("stop_grace_period", "") for process, service in services().items()}
    short = [
        name for name, period in periods.items() if re.fullmatch(r"\d+s", period) and int(period[:-1]) <= STOP_DELAY
    ]

    assert not short, f"docker-compose.yml: set stop_grace_period of {', '.join(short)} to more than {STOP_DELAY}s."


# Celery
def test_the_task_queue_never_evicts_tasks() -> None:
    policies = re.findall(r"--maxmemory-policy (\S+)", str(SERVICES.get("redis", {}).get("command")))

    assert policies in ([], ["noeviction"]), (
        "docker-compose.yml: the redis service needs --maxmemory-policy noeviction. "
        "With another policy, Redis deletes waiting tasks when its memory is full."
    )
