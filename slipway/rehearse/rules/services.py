"""What services of each type and plan can have."""

from collections.abc import Iterator

from slipway.rehearse import render
from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.resources import STORE_TYPES, Resources, title
from slipway.rehearse.rules.schedule import mistake_in


def services(resources: Resources) -> Iterator[Problem]:
    for service in resources.services:
        yield from runtime(service)
        yield from plan(service)
        yield from disk(service)
        yield from health(service)
        yield from schedule(service)
    for store in resources.stores:
        if store.text_of("type") != STORE_TYPES[0]:
            yield Problem(store.line_of("type"), "`type: redis` is an old name", "write `type: keyvalue`")


def runtime(service: Node) -> Iterator[Problem]:
    name, type, used = title(service), service.text_of("type"), service.text_of("runtime")
    if used == "static" and type != "web":
        yield Problem(service.line_of("runtime"), f"{name} is static, but a {type}", "a static site has `type: web`")
    if used != "python":
        return
    for key, what in (("buildCommand", "installed"), ("startCommand", "started")):
        if not service.text_of(key).strip():
            yield Problem(service.line_of(key), f"{name} has no {key}", f"say how it is {what}: `{key}: ...`")


def plan(service: Node) -> Iterator[Problem]:
    name, type = title(service), service.text_of("type")
    if service.text_of("plan") != "free":
        return
    if not render.allows("free", type):
        yield Problem(service.line_of("plan"), f"{name} is a {type} with plan free", "only web services can be free")
    if "preDeployCommand" in service and not render.has_pre_deploy("free"):
        hint = "choose a paid plan, or run it at the end of the buildCommand"
        yield Problem(service.line_of("preDeployCommand"), f"{name} is free, and has no step before a deploy", hint)
    if "disk" in service:
        yield Problem(service.line_of("disk"), f"{name} is free, and can have no disk", "choose a paid plan")
    if instances(service) > 1:
        line = service.line_of("numInstances" if "numInstances" in service else "scaling")
        yield Problem(line, f"{name} is free, and runs once", "choose a paid plan, or leave this out")


def disk(service: Node) -> Iterator[Problem]:
    if "disk" in service and instances(service) > 1:
        hint = "a disk belongs to one instance: leave out the disk, or run one"
        yield Problem(service.line_of("disk"), f"{title(service)} has a disk and several instances", hint)


def instances(service: Node) -> int:
    return max(service.number_of("numInstances", 1), service.get("scaling").number_of("maxInstances", 1))


def health(service: Node) -> Iterator[Problem]:
    if service.text_of("type") != "web" or service.text_of("runtime") == "static":
        return
    path = service.text_of("healthCheckPath")
    if not path:
        yield Problem(
            service.line_of("healthCheckPath"),
            f"{title(service)} has no healthCheckPath",
            "add one: without it an open port counts as health, and visitors get a version that answers only errors",
        )
    elif not path.startswith("/"):
        line = service.line_of("healthCheckPath")
        yield Problem(line, f"the healthCheckPath of {title(service)} is no path", f"write /{path}")


def schedule(service: Node) -> Iterator[Problem]:
    if "schedule" in service and (mistake := mistake_in(service.text_of("schedule"))):
        hint = 'write minute, hour, day, month and weekday, in UTC: "30 4 * * *" is each day at 4:30'
        yield Problem(service.line_of("schedule"), f"the schedule of {title(service)} {mistake}", hint)
