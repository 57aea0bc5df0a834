"""Problems of faulty Blueprints; good ones have none."""

from pathlib import Path

import pytest

from slipway.rehearse.check import check
from slipway.rehearse.errors import Problem
from slipway.tests.rehearse import faulty_blueprints
from slipway.tests.rehearse.faulty_blueprints import FaultyBlueprint
from slipway.tests.rehearse.repositories import BLUEPRINTS, make_repository, write

GROUPS = ("SHAPE", "SERVICES", "DATA", "NAMES", "REFERENCES", "VARIABLES", "COMMANDS")
FAULTY_BLUEPRINTS = [
    pytest.param(faulty, id=f"{group.lower()}-{faulty.message}-{faulty.line}")
    for group in GROUPS
    for faulty in getattr(faulty_blueprints, group)
]
# Commands of `shop-report` and `shop-ws` that tests replace.
BUILD, SERVE = "bash build.sh", "daphne -b 0.0.0.0 -p $PORT shop.asgi:application"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_repository(tmp_path_factory.mktemp("shop"))
    write(folder, "plain.sh", "pip install .\n")
    write(folder, "fast.sh", "set -e\nif true; then uv sync; fi\n", executable=True)
    write(folder, "migrating.sh", "pip install . &&\n  python manage.py migrate\n", executable=True)
    write(folder, "serve.sh", "exec uvicorn shop.asgi:application\n", executable=True)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path)


def found(repository: Path, old: str = "", new: str = "", blueprint: str = "four.yaml") -> list[Problem]:
    text = (BLUEPRINTS / blueprint).read_text()
    assert old in text
    (repository / "render.yaml").write_text(text.replace(old, new, 1))
    return check(repository / "render.yaml")


@pytest.mark.parametrize("blueprint", ["four.yaml", "free.yaml"])
def test_a_good_blueprint_has_no_problem(repository: Path, blueprint: str) -> None:
    assert found(repository, blueprint=blueprint) == []


@pytest.mark.parametrize("faulty", FAULTY_BLUEPRINTS)
def test_a_faulty_blueprint_is_reported_with_line_and_hint(shared: Path, faulty: FaultyBlueprint) -> None:
    problems = found(shared, faulty.old, faulty.new, faulty.blueprint)

    lines = (shared / "render.yaml").read_text().splitlines()
    found_problems = [(lines[problem.line - 1], problem.message, problem.hint) for problem in problems]
    assert [
        one
        for one in found_problems
        if all(part in whole for part, whole in zip((faulty.line, faulty.message, faulty.hint), one, strict=True))
    ], found_problems


@pytest.mark.parametrize("faulty", FAULTY_BLUEPRINTS)
def test_no_problem_shows_a_secret(shared: Path, faulty: FaultyBlueprint) -> None:
    assert "hunter2" not in str(found(shared, faulty.old, faulty.new, faulty.blueprint))


def test_a_problem_is_reported_once(repository: Path) -> None:
    problems = found(repository, "plan: standard", "plan: free")

    assert [problem.message for problem in problems] == ["shop-worker is a worker with plan free"]


@pytest.mark.parametrize(
    "command",
    [
        "pip install uv && uv sync",
        "command -v uv || pip install .",
        "cd frontend && ./build && cd ..",
        ".venv/bin/pip install .",
        "bash -c 'make all'",
        "python -m pip install -r requirements.txt",
        "DEBUG=1 ./build.sh",
    ],
)
def test_working_build_commands_have_no_problem(repository: Path, command: str) -> None:
    (repository / ".gitignore").write_text(".venv\n")

    assert found(repository, BUILD, command) == []


def test_uv_is_allowed_with_a_lock(repository: Path) -> None:
    write(repository, "uv.lock", "version = 1\n")

    assert found(repository, BUILD, "uv sync") == []


def test_scripts_are_relative_to_the_root_dir(repository: Path) -> None:
    write(repository, "backend/make.sh", "pip install .\n", executable=True)
    write(repository, "backend/manage.py", "import django\n")
    build = f"buildCommand: {BUILD}"

    assert found(repository, build, "rootDir: backend\n    buildCommand: ./make.sh") == []
    assert "backend/build.sh" in found(repository, build, "rootDir: backend\n    buildCommand: ./build.sh")[0].message


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -b :$PORT shop.wsgi",
        "gunicorn --bind=0.0.0.0:10000 shop.wsgi",
        "hypercorn --bind '[::]:$PORT' shop.asgi",
        "uvicorn --host 0.0.0.0 --port ${PORT:-8000} shop.asgi:application",
        # It may read the port by itself.
        "python serve.py",
    ],
)
def test_reachable_servers_have_no_problem(repository: Path, command: str) -> None:
    write(repository, "serve.py", "import os\n")

    assert found(repository, SERVE, command) == []


def test_a_private_service_may_listen_at_any_port(repository: Path) -> None:
    private = "  - type: pserv\n    name: inside\n    runtime: python\n    region: frankfurt\n"
    commands = "    buildCommand: ./build.sh\n    startCommand: gunicorn --bind 0.0.0.0:8000 inside.wsgi\n"

    assert found(repository, "  - type: worker\n", f"{private}{commands}  - type: worker\n") == []


def test_an_unused_store_may_evict(repository: Path) -> None:
    cache = "  - {type: keyvalue, name: cache, ipAllowList: []}\n"

    assert found(repository, "  - type: worker\n", f"{cache}  - type: worker\n") == []


@pytest.mark.parametrize("schedule", ["* * * * *", "*/15 0-6,22 1 JAN-MAR 7", "0 4 */2 12 sun"])
def test_valid_schedules_are_accepted(repository: Path, schedule: str) -> None:
    assert found(repository, "30 4 * * MON-FRI", f'"{schedule}"') == []


@pytest.mark.parametrize("key", ["PASSWORD_RESET_TIMEOUT", "STRIPE_PUBLIC_KEY", "MONKEY", "TOKEN_LIFETIME"])
def test_similar_names_are_not_secrets(repository: Path, key: str) -> None:
    assert found(repository, "key: PAGE_SIZE", f"key: {key}") == []


def test_resources_in_projects_are_checked(repository: Path) -> None:
    blueprint = repository / "render.yaml"
    blueprint.write_text(
        "projects:\n  - name: shop\n    environments:\n      - name: production\n        services:\n"
        "          - {type: worker, name: lost, runtime: docker, plan: free}\n"
    )

    assert [problem.line for problem in check(blueprint)] == [6]


def test_every_key_of_a_blueprint_is_accepted(repository: Path) -> None:
    write(repository, "web/manage.py", "import django\n")

    assert found(repository, blueprint="everything.yaml") == []


def test_without_git_scripts_are_reported(tmp_path: Path) -> None:
    assert "is not in git" in found(tmp_path)[0].message
