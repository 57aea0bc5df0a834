from pathlib import Path

import pytest

from slipway.rehearse.blueprint import Variable, read
from slipway.rehearse.errors import InvalidBlueprint
from slipway.tests.rehearse.repositories import BLUEPRINTS

FOUR = read(BLUEPRINTS / "four.yaml")
WEB = {service.name: service for service in FOUR.services}["shop-web"]


def reading(folder: Path, text: str | bytes) -> str:
    """The error message for a file with this text."""
    path = folder / "render.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidBlueprint) as raised:
        read(path)
    return str(raised.value)


def variable(key: str) -> Variable:
    return next(variable for variable in WEB.variables if variable.key == key)


def test_services_are_in_the_order_of_the_file() -> None:
    assert [(service.name, service.type) for service in FOUR.services] == [
        ("shop-web", "web"),
        ("shop-ws", "web"),
        ("shop-worker", "worker"),
        ("shop-report", "cron"),
    ]


def test_a_service_has_the_values_of_the_file() -> None:
    assert (WEB.line, WEB.plan, WEB.region, WEB.runtime) == (24, "starter", "frankfurt", "python")
    assert (WEB.build, WEB.pre_deploy) == ("./build.sh", "python manage.py migrate")
    assert WEB.start == "gunicorn --bind 0.0.0.0:$PORT shop.wsgi"
    assert (WEB.health_path, WEB.stop_delay) == ("/health/", 60)


def test_missing_values_are_the_defaults_of_render(tmp_path: Path) -> None:
    path = tmp_path / "render.yaml"
    path.write_text(
        "services:\n  - {type: worker, name: bare, runtime: python}\n  - {type: keyvalue, name: kv, ipAllowList: []}\n"
        "databases:\n  - {name: my-db}\n"
    )
    blueprint = read(path)
    service, database, store = blueprint.services[0], blueprint.databases[0], blueprint.stores[0]

    assert (service.plan, service.region, service.stop_delay, service.instances) == ("starter", "oregon", 30, 1)
    assert (service.root_dir, service.health_path, service.variables) == ("", "", [])
    assert (database.plan, database.database_name, database.user) == ("basic-256mb", "my_db", "my_db_user")
    assert (store.plan, store.policy) == ("starter", "allkeys-lru")


def test_each_form_of_a_variable_is_recognised() -> None:
    assert WEB.variables[0].group == "shop"
    assert variable("DATABASE_URL").database == ("shop-db", "connectionString")
    assert variable("REDIS_URL").service == ("shop-redis", "connectionString")
    assert variable("SOCKETS_URL").service_variable == ("shop-ws", "RENDER_EXTERNAL_URL")
    assert variable("MAIL_PASSWORD").ask
    assert variable("PAGE_SIZE").value == "20"
    assert [(it.key, it.generated) for it in FOUR.groups["shop"]] == [
        ("DJANGO_SETTINGS_MODULE", False),
        ("SECRET_KEY", True),
    ]


@pytest.mark.parametrize(
    ("output", "instances"),
    [("scaling: {minInstances: 2, maxInstances: 5}", 2), ("numInstances: 3", 3), ("plan: pro", 1)],
)
def test_the_minimum_number_of_instances_is_used(tmp_path: Path, output: str, instances: int) -> None:
    path = tmp_path / "render.yaml"
    path.write_text(f"services:\n  - {{type: worker, name: it, runtime: python, {output}}}\n")

    assert read(path).services[0].instances == instances


def test_services_inside_and_outside_projects_are_found() -> None:
    assert [service.name for service in read(BLUEPRINTS / "everything.yaml").services] == [
        "web",
        "image",
        "docker",
        "cron",
        "static",
    ]


def test_the_repository_is_where_git_is(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    path = tmp_path / "deploy/other.yaml"
    path.parent.mkdir()
    path.write_text("services: []\n")

    assert read(path).root == tmp_path


def test_repr_shows_no_values() -> None:
    assert "shop.settings" not in repr(FOUR)


def test_anchors_are_resolved(tmp_path: Path) -> None:
    path = tmp_path / "render.yaml"
    path.write_text(
        "services:\n  - &web {type: web, name: one, runtime: python, plan: pro}\n  - {<<: *web, name: two}\n"
    )

    assert [(service.name, service.plan) for service in read(path).services] == [("one", "pro"), ("two", "pro")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: is empty"),
        ("services:\n  - type: web\n name: x\n", "line 3: is not YAML"),
        ("services: []\nservices: []\n", "line 2: `services` is set twice, first in line 1"),
        ("services: []\n---\nservices: []\n", "line 2: is not YAML"),
        ("services: &all\n  - *all\n", "line 1: contains itself"),
        ("services: []\non: 1\n", "line 2: is not a valid key"),
        ("services: []\n? [a]\n: 1\n", "line 2: is not a valid key"),
        ("version: !python/name:os.system\n", "line 1: is not a valid value of its type"),
        ("version: 2026-13-45\n", "line 1: is not a valid value of its type"),
        ("services:\n  - <<: web\n", "line 2: merges with `<<` something that is not a mapping"),
        (b"name: \xff\n", "not text in UTF-8"),
        ("name: \x07\n", "is not YAML"),
        ("- services\n", "line 1: `a Blueprint` is a list, not a mapping"),
    ],
)
def test_an_invalid_file_is_reported_with_its_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert words in reading(tmp_path, text)


def test_a_missing_file_is_reported() -> None:
    with pytest.raises(InvalidBlueprint, match="cannot be read: No such file"):
        read(BLUEPRINTS / "none.yaml")


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    output = reading(tmp_path, "services: []\nservises: []\ndatabases: none\n")

    assert "line 2" in output
    assert "line 3" in output
