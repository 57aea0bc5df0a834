"""Rules for references from variables to databases, services and groups."""

from collections.abc import Iterator

from slipway.rehearse import render
from slipway.rehearse.errors import Problem
from slipway.rehearse.rules.resources import STORE_TYPES, Resources, region, title
from slipway.rehearse.rules.schema_types import nearest
from slipway.rehearse.yaml_nodes import YamlNode

NONE = "the Blueprint has none: add it"


def reference_problems(resources: Resources) -> Iterator[Problem]:
    for service in resources.services:
        for entry in service.each("envVars"):
            if "fromGroup" in entry:
                yield from known(entry, "fromGroup", entry.text_of("fromGroup"), resources.group)
            if "fromDatabase" in entry:
                yield from to_database(resources, service, entry)
            if "fromService" in entry:
                yield from to_service(resources, service, entry)


def known(node: YamlNode, key: str, name: str, all_names: dict[str, YamlNode]) -> Iterator[Problem]:
    if name and name not in all_names:
        what = {"fromGroup": "environment group", "fromDatabase": "database", "fromService": "service"}[key]
        hint = nearest(name, tuple(all_names)) if all_names else NONE
        yield Problem(node.line_of(key), f"there is no {what} called {name}", hint)


def to_database(resources: Resources, service: YamlNode, entry: YamlNode) -> Iterator[Problem]:
    reference = entry.get("fromDatabase")
    name = reference.text_of("name")
    yield from known(entry, "fromDatabase", name, resources.database)
    if not (database := resources.database.get(name)):
        return
    yield from same_region(service, database, entry)
    if reference.text_of("property") == "connectionPoolString" and database.text_of("connectionPool") != "pgbouncer":
        hint = "give the database `connectionPool: pgbouncer`, or write `property: connectionString`"
        yield Problem(reference.line_of("property"), f"{name} has no connection pool", hint)


def to_service(resources: Resources, service: YamlNode, entry: YamlNode) -> Iterator[Problem]:
    reference = entry.get("fromService")
    name = reference.text_of("name")
    yield from known(entry, "fromService", name, resources.service)
    if not (target := resources.service.get(name)):
        return
    type = target.text_of("type")
    if type and reference.text_of("type") not in (type, ""):
        yield Problem(
            reference.line_of("type"), f"{name} is not a {reference.text_of('type')}", f"write `type: {type}`"
        )
    if "property" in reference and "envVarKey" in reference:
        yield Problem(reference.line, "`property` and `envVarKey` cannot be combined", "keep one of them")
    elif "property" in reference:
        yield from same_region(service, target, entry)
        yield from to_property(reference, target)
    elif "envVarKey" in reference:
        yield from to_variable(resources, reference, target)


def to_property(reference: YamlNode, target: YamlNode) -> Iterator[Problem]:
    name, type, line = title(target), target.text_of("type"), reference.line_of("property")
    if type in STORE_TYPES:
        return
    if reference.text_of("property") == "connectionString":
        hint = "only Key Value has one; services have host, port and hostport"
        yield Problem(line, f"{name} has no connectionString", hint)
    elif type not in render.LISTENING:
        yield Problem(line, f"{name} is a {type}, which cannot be reached", "refer to a web or private service")
    elif target.text_of("plan") == "free":
        hint = "choose a paid plan for it, or refer to its `envVarKey: RENDER_EXTERNAL_URL`"
        yield Problem(line, f"{name} has plan free and cannot be reached over the private network", hint)


def to_variable(resources: Resources, reference: YamlNode, target: YamlNode) -> Iterator[Problem]:
    name, key, line = title(target), reference.text_of("envVarKey"), reference.line_of("envVarKey")
    if target.text_of("type") in STORE_TYPES:
        yield Problem(line, f"{name} is a store and has no variables", "write `property: connectionString`")
    elif key.startswith("RENDER_EXTERNAL_") and target.text_of("type") not in render.EXTERNAL:
        yield Problem(line, f"{name} has no public address, so its {key} is empty", "refer to a web service")
    elif key and key not in render.SET_BY_RENDER and key not in resources.keys(target):
        hint = nearest(key, (*resources.keys(target), *sorted(render.RENDER_VARIABLES)))
        yield Problem(line, f"{name} has no variable {key}", hint)


def same_region(service: YamlNode, target: YamlNode, entry: YamlNode) -> Iterator[Problem]:
    """Each region has its own private network."""
    if region(service) != region(target):
        message = f"{title(service)} is in {region(service)} and cannot reach {title(target)} in {region(target)}"
        yield Problem(entry.line, message, "give both the same `region` (the default is oregon)")
