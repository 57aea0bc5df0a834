"""tests/deploy accepts what a user adds to the deployment files, and fails with advice instead of an exception."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.processes import PROCESSES
from tests import test_docker, test_render
from tests.commands import ROOT

RENDER_TESTS = [
    test_render.test_every_process_has_a_service,
    test_render.test_every_service_has_the_variables_that_it_needs,
    test_render.test_all_services_share_one_secret_key,
    test_render.test_migrations_run_once_for_each_deploy,
    test_render.test_processes_have_time_to_finish,
    test_render.test_the_task_queue_never_evicts_tasks,
]
DOCKER_TESTS = [
    test_docker.test_every_process_has_a_service,
    test_docker.test_every_service_has_the_variables_that_it_needs,
    test_docker.test_migrations_run_before_the_processes_start,
    test_docker.test_processes_have_time_to_finish,
    test_docker.test_the_task_queue_never_evicts_tasks,
]


@pytest.fixture
def blueprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    def write(content: dict[str, Any]) -> None:
        (tmp_path / "render.yaml").write_text(yaml.safe_dump(content))
        monkeypatch.setattr(test_render, "ROOT", tmp_path)

    return write


def render() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "render.yaml").read_text())


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.mark.parametrize("check", RENDER_TESTS)
def test_a_blueprint_may_have_services_and_groups_of_the_user(check: Any, blueprint: Any) -> None:
    content = render()
    content["services"] += [
        {"type": "cron", "name": "report", "schedule": "0 6 * * *", "startCommand": "python manage.py report"},
        {"type": "web", "runtime": "static", "staticPublishPath": "frontend/dist"},
    ]
    content.setdefault("envVarGroups", []).append({"name": "own", "envVars": [{"key": "OWN", "value": "1"}]})
    blueprint(content)

    check("render.yaml")


def test_a_service_without_variables_fails_with_advice(blueprint: Any) -> None:
    content = render()
    for service in content["services"]:
        if service.get("startCommand") == PROCESSES["web"]:
            del service["envVars"]
    blueprint(content)

    test_render.test_all_services_share_one_secret_key("render.yaml")
    with pytest.raises(AssertionError, match=r"render\.yaml: add .*SECRET_KEY.* to envVars of the service"):
        test_render.test_every_service_has_the_variables_that_it_needs("render.yaml")


@pytest.mark.parametrize("check", DOCKER_TESTS)
def test_compose_may_have_services_of_the_user(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        "search": {"image": "search", "command": None},
        "mail": {"image": "mail", "command": [], "depends_on": ["db"], "environment": ["OWN=1"]},
    }
    monkeypatch.setattr(test_docker, "SERVICES", compose() | own)

    check()


def test_a_process_with_a_short_depends_on_fails_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    services = compose()
    for service in services.values():
        if test_docker.command(service) == PROCESSES["web"]:
            service["depends_on"] = list(service["depends_on"])
    monkeypatch.setattr(test_docker, "SERVICES", services)

    with pytest.raises(AssertionError, match="web must wait for"):
        test_docker.test_migrations_run_before_the_processes_start()


def test_a_condition_may_have_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    services = compose()
    for service in services.values():
        for condition in service.get("depends_on", {}).values():
            condition["restart"] = True
    monkeypatch.setattr(test_docker, "SERVICES", services)

    test_docker.test_migrations_run_before_the_processes_start()
