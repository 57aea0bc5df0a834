"""A Render Blueprint as data, with Render's defaults for what it leaves out."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from slipway.rehearse import render
from slipway.rehearse.errors import InvalidBlueprint
from slipway.rehearse.rules.resources import Resources, region
from slipway.rehearse.rules.schema import schema_problems
from slipway.rehearse.yaml_nodes import YamlNode, read_yaml

ServiceType = Literal["web", "worker", "pserv", "cron"]


@dataclass(frozen=True)
class Variable:
    """An entry of `envVars`. `fromGroup` sets only `group`."""

    key: str
    line: int
    value: str | None = field(default=None, repr=False)
    generated: bool = False
    # `sync: false`: set by hand when the Blueprint is created.
    ask: bool = False
    # The name of the database or service, and which of its properties.
    database: tuple[str, str] | None = None
    service: tuple[str, str] | None = None
    # The name of the service, and the key of one of its variables.
    service_variable: tuple[str, str] | None = None
    group: str | None = None


@dataclass(frozen=True)
class Service:
    name: str
    type: ServiceType
    line: int
    runtime: str
    plan: str
    region: str
    root_dir: str
    build: str
    start: str
    # Empty if the Blueprint has none.
    pre_deploy: str
    health_path: str
    schedule: str
    stop_delay: int
    instances: int
    variables: list[Variable]


@dataclass(frozen=True)
class Database:
    name: str
    database_name: str
    user: str
    plan: str
    line: int


@dataclass(frozen=True)
class Store:
    """A Key Value instance."""

    name: str
    plan: str
    policy: str
    line: int


@dataclass(frozen=True)
class Blueprint:
    path: Path
    services: list[Service]
    databases: list[Database]
    stores: list[Store]
    groups: dict[str, list[Variable]]

    @property
    def root(self) -> Path:
        """The repository. `rootDir` and all commands are relative to it."""
        return repository_of(self.path)


def default_blueprint() -> Path:
    """render.yaml of the repository that the current folder is in."""
    return repository_of(Path("render.yaml")) / "render.yaml"


def repository_of(path: Path) -> Path:
    folder = path.resolve().parent
    # In a git worktree, .git is a file.
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def read(path: Path) -> Blueprint:
    """Raises InvalidBlueprint if the file does not match the schema. `check` finds the other mistakes."""
    root = read_yaml(path)
    if wrong := list(schema_problems(root)):
        raise InvalidBlueprint(wrong)
    resources = Resources(root)
    return Blueprint(
        path=path,
        services=[service(node) for node in resources.services],
        databases=[database(node) for node in resources.databases],
        stores=[store(node) for node in resources.stores],
        groups={group.text_of("name"): variables(group) for group in resources.groups},
    )


def service(node: YamlNode) -> Service:
    return Service(
        name=node.text_of("name"),
        type=cast(ServiceType, node.text_of("type")),
        line=node.line,
        runtime=node.text_of("runtime"),
        plan=node.text_of("plan", render.PLAN),
        region=region(node),
        root_dir=node.text_of("rootDir"),
        build=node.text_of("buildCommand"),
        start=node.text_of("startCommand"),
        pre_deploy=node.text_of("preDeployCommand"),
        health_path=node.text_of("healthCheckPath"),
        schedule=node.text_of("schedule"),
        stop_delay=node.number_of("maxShutdownDelaySeconds", render.STOP_DELAY),
        instances=node.number_of("numInstances", node.get("scaling").number_of("minInstances", 1)),
        variables=variables(node),
    )


def database(node: YamlNode) -> Database:
    # Render derives what is left out from the name.
    derived = re.sub(r"\W", "_", node.text_of("name"))
    return Database(
        name=node.text_of("name"),
        database_name=node.text_of("databaseName", derived),
        user=node.text_of("user", f"{derived}_user"),
        plan=node.text_of("plan", render.DATABASE_PLAN),
        line=node.line,
    )


def store(node: YamlNode) -> Store:
    policy = node.text_of("maxmemoryPolicy", render.POLICY)
    return Store(node.text_of("name"), node.text_of("plan", render.PLAN), policy, node.line)


def variables(node: YamlNode) -> list[Variable]:
    return [variable(entry) for entry in node.each("envVars")]


def variable(node: YamlNode) -> Variable:
    database, service, value = node.get("fromDatabase"), node.get("fromService"), node.get("value")
    return Variable(
        key=node.text_of("key"),
        line=node.line,
        value=value.text if "value" in node else None,
        generated=node.get("generateValue").value is True,
        ask=node.get("sync").value is False,
        database=(database.text_of("name"), database.text_of("property")) if "fromDatabase" in node else None,
        service=(service.text_of("name"), service.text_of("property")) if "property" in service else None,
        service_variable=(service.text_of("name"), service.text_of("envVarKey")) if "envVarKey" in service else None,
        group=node.text_of("fromGroup") or None,
    )
