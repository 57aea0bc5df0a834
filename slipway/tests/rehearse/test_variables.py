import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.rehearse.blueprint import Blueprint, read
from slipway.rehearse.errors import Failure
from slipway.rehearse.variables import Endpoints, resolve
from slipway.tests.rehearse.repositories import BLUEPRINTS

DATABASE = "postgresql://user:pass%2Fword@127.0.0.1:5433/shop"
STORE = "redis://127.0.0.1:6390"
ENDPOINTS = Endpoints(
    databases={"shop-db": DATABASE},
    stores={"shop-redis": STORE},
    addresses={"shop-web": "https://shop-web.localhost:8443", "shop-ws": "https://shop-ws.localhost:8444"},
    ports={"shop-web": 8101, "shop-ws": 8102},
    commit="0123abc",
    branch="main",
)
PASSWORD = "      - key: MAIL_PASSWORD\n        sync: false\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env.rehearsal").write_text("# Only here.\nMAIL_PASSWORD=hunter2\n")
    return tmp_path


def blueprint(repository: Path, old: str = "", new: str = "") -> Blueprint:
    text = (BLUEPRINTS / "four.yaml").read_text()
    assert old in text
    path = repository / "render.yaml"
    path.write_text(text.replace(old, new, 1))
    return read(path)


def web(repository: Path, entry: str) -> dict[str, str]:
    """The environment of the web service, with one more entry."""
    changed = blueprint(repository, PASSWORD, f"{PASSWORD}      - {entry}\n")
    return resolve(changed, ENDPOINTS)["shop-web"]


def failure(repository: Path, old: str, new: str) -> str:
    with pytest.raises(Failure) as raised:
        resolve(blueprint(repository, old, new), ENDPOINTS)
    return str(raised.value)


def test_every_service_has_the_variables_of_its_group(repository: Path) -> None:
    environments = resolve(blueprint(repository), ENDPOINTS)

    assert {values["DJANGO_SETTINGS_MODULE"] for values in environments.values()} == {"shop.settings"}
    assert len({values["SECRET_KEY"] for values in environments.values()}) == 1


def test_a_variable_of_a_service_overrides_its_group(repository: Path) -> None:
    entry = "{key: DJANGO_SETTINGS_MODULE, value: shop.other}"

    assert web(repository, entry)["DJANGO_SETTINGS_MODULE"] == "shop.other"


@pytest.mark.parametrize(
    ("prop", "value"),
    [
        ("connectionString", DATABASE),
        ("connectionPoolString", DATABASE),
        ("host", "127.0.0.1"),
        ("port", "5433"),
        ("user", "user"),
        ("password", "pass/word"),
        ("database", "shop"),
    ],
)
def test_properties_of_a_database_are_resolved(repository: Path, prop: str, value: str) -> None:
    assert web(repository, f"{{key: IT, fromDatabase: {{name: shop-db, property: {prop}}}}}")["IT"] == value


@pytest.mark.parametrize(
    ("name", "output", "value"),
    [
        ("shop-redis", "property: connectionString", STORE),
        ("shop-redis", "property: host", "127.0.0.1"),
        ("shop-redis", "property: port", "6390"),
        ("shop-redis", "property: hostport", "127.0.0.1:6390"),
        ("shop-ws", "property: host", "127.0.0.1"),
        ("shop-ws", "property: port", "8102"),
        ("shop-ws", "property: hostport", "127.0.0.1:8102"),
        ("shop-ws", "envVarKey: RENDER_EXTERNAL_URL", "https://shop-ws.localhost:8444"),
        ("shop-ws", "envVarKey: RENDER_EXTERNAL_HOSTNAME", "shop-ws.localhost"),
        ("shop-ws", "envVarKey: PORT", "8102"),
        ("shop-ws", "envVarKey: WEB_CONCURRENCY", "1"),
        ("shop-ws", "envVarKey: DJANGO_SETTINGS_MODULE", "shop.settings"),
        # Which itself comes from a third.
        ("shop-worker", "envVarKey: BROKER", STORE),
    ],
)
def test_properties_and_variables_of_a_service_are_resolved(
    repository: Path, name: str, output: str, value: str
) -> None:
    assert web(repository, f"{{key: IT, fromService: {{type: web, name: {name}, {output}}}}}")["IT"] == value


def test_a_generated_value_has_44_characters_and_stays(repository: Path) -> None:
    first = resolve(blueprint(repository), ENDPOINTS)["shop-web"]["SECRET_KEY"]
    second = resolve(blueprint(repository), ENDPOINTS)["shop-web"]["SECRET_KEY"]

    assert len(first) == 44
    assert first == second


def test_each_service_generates_its_own_value(repository: Path) -> None:
    entry = "      - key: SALT\n        generateValue: true\n"
    text = (
        (BLUEPRINTS / "four.yaml").read_text().replace("      - fromGroup: shop\n", f"      - fromGroup: shop\n{entry}")
    )
    (repository / "render.yaml").write_text(text)
    environments = resolve(read(repository / "render.yaml"), ENDPOINTS)

    assert len({values["SALT"] for values in environments.values()}) == 4


def test_each_blueprint_generates_its_own_values(repository: Path) -> None:
    first = resolve(blueprint(repository), ENDPOINTS)["shop-web"]["SECRET_KEY"]
    other = (repository / "render.yaml").rename(repository / "other.yaml")

    assert resolve(read(other), ENDPOINTS)["shop-web"]["SECRET_KEY"] != first


def test_only_the_user_can_read_generated_values(repository: Path) -> None:
    resolve(blueprint(repository), ENDPOINTS)

    kept = repository / ".rehearsal/generated.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(json.loads(kept.read_text())) == 1


def test_a_damaged_file_of_values_is_reported_and_kept(repository: Path) -> None:
    kept = repository / ".rehearsal/generated.json"
    kept.parent.mkdir()
    kept.write_text("{half")

    assert "generated.json is damaged" in failure(repository, "", "")
    assert kept.read_text() == "{half"


def test_unsynced_variables_come_from_a_file(repository: Path) -> None:
    assert resolve(blueprint(repository), ENDPOINTS)["shop-web"]["MAIL_PASSWORD"] == "hunter2"


def test_all_missing_values_are_reported_at_once(repository: Path) -> None:
    more = PASSWORD + PASSWORD.replace("MAIL_PASSWORD", "API_TOKEN") + PASSWORD.replace("MAIL_PASSWORD", "DSN")
    with pytest.raises(Failure) as raised:
        resolve(blueprint(repository, PASSWORD, more), ENDPOINTS)

    assert "2 variables" in str(raised.value)
    assert "API_TOKEN=    # for shop-web" in raised.value.hint
    assert "DSN=    # for shop-web" in raised.value.hint
    assert "MAIL_PASSWORD" not in raised.value.hint


def test_an_entered_value_can_be_empty(repository: Path) -> None:
    (repository / ".env.rehearsal").write_text("MAIL_PASSWORD=\n")

    assert resolve(blueprint(repository), ENDPOINTS)["shop-web"]["MAIL_PASSWORD"] == ""


def test_each_service_has_the_variables_that_render_sets(repository: Path) -> None:
    environments = resolve(blueprint(repository), ENDPOINTS)

    assert environments["shop-web"]["RENDER_EXTERNAL_HOSTNAME"] == "shop-web.localhost"
    assert environments["shop-web"]["RENDER_GIT_COMMIT"] == "0123abc"
    assert environments["shop-worker"]["RENDER_SERVICE_NAME"] == "shop-worker"
    assert environments["shop-worker"]["RENDER_EXTERNAL_URL"] == ""


def test_variables_of_render_cannot_be_overridden(repository: Path) -> None:
    assert web(repository, "{key: RENDER_GIT_BRANCH, value: mine}")["RENDER_GIT_BRANCH"] == "main"


def test_variables_of_an_instance_are_not_set_here(repository: Path) -> None:
    environment = resolve(blueprint(repository), ENDPOINTS)["shop-web"]

    assert not environment.keys() & {"PORT", "GUNICORN_CMD_ARGS", "RENDER_INSTANCE_ID", "WEB_CONCURRENCY"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "name: shop-db\n          property",
            "name: gone\n          property",
            "DATABASE_URL of shop-web refers to gone",
        ),
        (
            "name: shop-redis\n          property",
            "name: gone\n          property",
            "REDIS_URL of shop-web refers to gone",
        ),
        ("envVarKey: REDIS_URL", "envVarKey: GONE", "BROKER of shop-worker refers to GONE of shop-web"),
        ("name: shop-ws\n          env", "name: gone\n          env", "SOCKETS_URL of shop-web refers to gone"),
    ],
)
def test_a_reference_to_something_missing_is_reported(repository: Path, old: str, new: str, words: str) -> None:
    assert words in failure(repository, old, new)


def test_circular_references_are_reported(repository: Path) -> None:
    back = "{key: DATABASE_URL, fromService: {type: web, name: shop-web, envVarKey: SOCKETS_URL}}"
    circle = f"property: hostport\n      - {back}"
    text = (BLUEPRINTS / "four.yaml").read_text()
    path = repository / "render.yaml"
    path.write_text(text.replace("property: hostport", circle).replace("RENDER_EXTERNAL_URL", "DATABASE_URL"))

    with pytest.raises(Failure, match="SOCKETS_URL of shop-web -> DATABASE_URL of shop-ws -> SOCKETS_URL of shop-web"):
        resolve(read(path), ENDPOINTS)


def test_repr_and_failures_show_no_values(repository: Path) -> None:
    environments = resolve(blueprint(repository), ENDPOINTS)

    assert "SECRET_KEY" in repr(environments)
    shown = repr(environments) + repr(ENDPOINTS) + failure(repository, "envVarKey: REDIS_URL", "envVarKey: GONE")
    assert not any(value in shown for value in (environments["shop-web"]["SECRET_KEY"], "hunter2", "pass%2Fword"))


def test_a_store_that_does_not_run_is_reported(repository: Path) -> None:
    with pytest.raises(Failure, match="REDIS_URL of shop-web refers to shop-redis"):
        resolve(blueprint(repository), replace(ENDPOINTS, stores={}))
