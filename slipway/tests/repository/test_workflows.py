"""The workflows of GitHub Actions, as far as they can be checked without GitHub."""

import importlib.util
import os
import re
import tomllib
from typing import Any

import pytest
import yaml

from slipway.tests.git import tracked
from tests.commands import ROOT, run

FILES = tracked(".github/workflows/*.yml")
TEXTS = {path: (ROOT / path).read_text() for path in FILES}
WORKFLOWS: dict[str, dict[Any, Any]] = {path: yaml.safe_load(text) for path, text in TEXTS.items()}
CI = WORKFLOWS[".github/workflows/ci.yml"]["jobs"]
MATRIX = CI["tests"]["strategy"]["matrix"]["include"]
JOBS = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
# YAML reads the word `on` as true.
TRIGGERS = True


def commands() -> list[str]:
    called = [step["run"] for job in JOBS for step in job.get("steps", []) if "run" in step]
    return called + [variant["command"] for variant in MATRIX]


@pytest.mark.parametrize("command", commands())
def test_what_is_called_is_there(command: str) -> None:
    scripts = re.findall(r"(?<![\w./-])bin/[\w-]+", command)
    modules = re.findall(r"python -m ([\w.]+)", command)
    files = re.findall(r"(?<![\w./-])(?:requirements|deploy)/[\w./-]+", command)

    assert [name for name in scripts if not os.access(ROOT / name, os.X_OK)] == []
    # This one has a lock of its own, which is installed for nothing else.
    assert [name for name in modules if name != "pip_audit" and not importlib.util.find_spec(name)] == []
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_a_change_is_tested_audited_and_tried() -> None:
    called = "\n".join(commands())

    for command in (
        "bin/test",
        "pytest -m slow",
        "-m pip_audit --strict",
        # Render
        "bin/rehearse --check",
        "bin/rehearse deploy/render-free.yaml",
        # Docker
        "docker build --target test .",
    ):
        assert command in called


def test_the_branch_can_ask_for_one_job_that_waits_for_all() -> None:
    assert set(CI["passed"]["needs"]) == CI.keys() - {"passed", "deploy"}
    assert CI["passed"]["if"] == "always()"


# Render
def test_only_what_passed_on_main_is_deployed() -> None:
    assert CI["deploy"]["needs"] == "passed"
    assert CI["deploy"]["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    assert list(WORKFLOWS[".github/workflows/deploy.yml"][TRIGGERS]) == ["workflow_call"]
    assert list(WORKFLOWS[".github/workflows/rollback.yml"][TRIGGERS]) == ["workflow_dispatch"]


@pytest.mark.parametrize("path", FILES)
def test_the_code_of_a_fork_meets_no_secret(path: str) -> None:
    triggers = WORKFLOWS[path][TRIGGERS]

    assert triggers.keys() & {"pull_request_target", "workflow_run", "issue_comment"} == set()
    assert "pull_request" not in triggers or "secrets." not in TEXTS[path]


@pytest.mark.parametrize(
    "action", sorted({action for text in TEXTS.values() for action in re.findall("uses: (.+)", text)})
)
def test_actions_are_githubs_or_ours_and_pinned_to_a_commit(action: str) -> None:
    # What begins with $ is of the very commit that runs.
    ours = action.startswith("$/") and (ROOT / action.removeprefix("$/")).exists()

    assert ours or re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_one_version_of_each_action_is_used() -> None:
    used = {action for text in TEXTS.values() for action in re.findall(r"uses: (actions/.+)", text)}

    assert len(used) == len({action.partition("@")[0] for action in used})


@pytest.mark.parametrize("path", FILES)
def test_expressions_name_what_is_there(path: str) -> None:
    triggers, jobs = WORKFLOWS[path][TRIGGERS], WORKFLOWS[path]["jobs"].values()

    for job in jobs:
        needs = job.get("needs", [])
        known = {
            "inputs": {name for trigger in triggers.values() for name in (trigger or {}).get("inputs", {})},
            "needs": {"*", *([needs] if isinstance(needs, str) else needs)},
            "matrix": {name for variant in MATRIX for name in variant},
            "steps": {step.get("id") for step in job.get("steps", [])},
        }
        meant = re.findall(r"\b(inputs|needs|matrix|steps)\.([\w*-]+)", str(job))
        assert [name for kind, name in meant if name not in known[kind]] == []


@pytest.mark.parametrize("path", FILES)
def test_jobs_may_read_the_code_and_no_more(path: str) -> None:
    assert WORKFLOWS[path]["permissions"] == {"contents": "read"}
    assert {str(job.get("permissions", {})) for job in WORKFLOWS[path]["jobs"].values()} == {"{}"}
    assert TEXTS[path].count("actions/checkout@") == TEXTS[path].count("persist-credentials: false")


def test_zizmor_finds_no_security_problem() -> None:
    done = run("zizmor", "--offline", "--quiet", "--strict-collection", ".github")

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_job_runs_for_hours() -> None:
    assert max(job.get("timeout-minutes", 360) for job in JOBS if "steps" in job) <= 60


def test_the_oldest_python_and_our_own_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    own = (ROOT / ".python-version").read_text().strip()

    tested = {variant["python"] for variant in MATRIX if variant["command"] == "bin/test"}
    named = {version for text in TEXTS.values() for version in re.findall(r'python-version: "?([\w.]+)', text)}

    assert {project["requires-python"].removeprefix(">="), own} <= tested
    assert {variant["python"] for variant in MATRIX} == tested
    assert named == set()


# Render
def test_the_databases_of_the_tests_are_those_of_production() -> None:
    wanted = yaml.safe_load((ROOT / "render.yaml").read_text())["databases"][0]["postgresMajorVersion"]

    images = {service["image"] for service in CI["tests"]["services"].values()}

    # Render's Key Value is Valkey 8.
    assert images == {f"postgres:{wanted}", "valkey/valkey:8"}


def test_dependabot_looks_where_something_is_pinned() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]

    wanted = {"pip", "github-actions"}
    # Docker
    wanted |= {"docker", "docker-compose"}

    places = {update["package-ecosystem"]: ROOT / update["directory"].lstrip("/") for update in updates}

    assert places.keys() == wanted
    assert list(places["pip"].glob("*.txt"))
    # Docker
    assert (places["docker"] / "Dockerfile").exists()
    assert (places["docker-compose"] / "docker-compose.yml").exists()
