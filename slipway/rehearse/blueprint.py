"""A Render Blueprint as data: what `render.yaml` says, with Render's defaults where it says nothing."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from slipway.rehearse import render
from slipway.rehearse.nodes import Node, compose
from slipway.rehearse.problems import BlueprintError
from slipway.rehearse.rules.resources import Resources, region
from slipway.rehearse.rules.shape import shape

ServiceType = Literal["web", "worker", "pserv", "cron"]


@dataclass(frozen=True)
class Variable:
    """One entry of `envVars`. One that takes in a whole group has only that group's name."""

    key: str
    line: int
    value: str | None = field(default=None, repr=False)
    generated: bool = False
    # `sync: false`: Render asks for it when the Blueprint is created.
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
    # Empty where the Blueprint has none.
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
        """The repository that it is in: `rootDir` and all commands start there."""
        return repository(self.path)


def repository(path: Path) -> Path:
    folder = path.resolve().parent
    # In a work tree, .git is a file.
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def read(path: Path) -> Blueprint:
    """What the file says, or a BlueprintError where it says what no Blueprint can. `check` finds the other mistakes."""
    root = compose(path)
    if wrong := list(shape(root)):
        raise BlueprintError(wrong)
    resources = Resources(root)
    return Blueprint(
        path=path,
        services=[service(node) for node in resources.services],
        databases=[database(node) for node in resources.databases],
        stores=[store(node) for node in resources.stores],
        groups={group.text_of("name"): variables(group) for group in resources.groups},
    )


def service(node: Node) -> Service:
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


def database(node: Node) -> Database:
    # Where they are left out, Render makes them from the name.
    made = re.sub(r"\W", "_", node.text_of("name"))
    return Database(
        name=node.text_of("name"),
        database_name=node.text_of("databaseName", made),
        user=node.text_of("user", f"{made}_user"),
        plan=node.text_of("plan", render.DATABASE_PLAN),
        line=node.line,
    )


def store(node: Node) -> Store:
    policy = node.text_of("maxmemoryPolicy", render.POLICY)
    return Store(node.text_of("name"), node.text_of("plan", render.PLAN), policy, node.line)


def variables(node: Node) -> list[Variable]:
    return [variable(entry) for entry in node.each("envVars")]


def variable(node: Node) -> Variable:
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
