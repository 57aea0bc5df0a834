"""Rules for services, databases and Key Value stores."""

import re
from collections.abc import Iterator

from slipway.rehearse import render
from slipway.rehearse.errors import Problem
from slipway.rehearse.rules.resources import STORE_TYPES, Resources, title
from slipway.rehearse.yaml_nodes import YamlNode

OLD_PLANS = ("starter", "standard", "pro", "pro plus")
CRON_FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
CRON_NAMES = {
    "month": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    "weekday": ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}


def service_problems(resources: Resources) -> Iterator[Problem]:
    for service in resources.services:
        yield from runtime(service)
        yield from plan(service)
        yield from disk(service)
        yield from health(service)
        yield from schedule(service)
    for store in resources.stores:
        if store.text_of("type") != STORE_TYPES[0]:
            yield Problem(store.line_of("type"), "`type: redis` is an old name", "write `type: keyvalue`")
    yield from databases(resources)
    yield from stores(resources)


def runtime(service: YamlNode) -> Iterator[Problem]:
    name, type, used = title(service), service.text_of("type"), service.text_of("runtime")
    if used == "static" and type != "web":
        yield Problem(service.line_of("runtime"), f"{name} is static, but a {type}", "a static site has `type: web`")
    if used != "python":
        return
    for key, what in (("buildCommand", "install"), ("startCommand", "start")):
        if not service.text_of(key).strip():
            yield Problem(service.line_of(key), f"{name} has no {key}", f"say how to {what} it: `{key}: ...`")


def plan(service: YamlNode) -> Iterator[Problem]:
    name, type = title(service), service.text_of("type")
    if service.text_of("plan") != "free":
        return
    if not render.allows("free", type):
        yield Problem(service.line_of("plan"), f"{name} is a {type} with plan free", "only web services can be free")
    if "preDeployCommand" in service and not render.has_pre_deploy("free"):
        hint = "choose a paid plan, or run it at the end of the buildCommand"
        yield Problem(service.line_of("preDeployCommand"), f"{name} has plan free, and has no pre-deploy step", hint)
    if "disk" in service:
        yield Problem(service.line_of("disk"), f"{name} has plan free, and can have no disk", "choose a paid plan")
    if instances(service) > 1:
        line = service.line_of("numInstances" if "numInstances" in service else "scaling")
        yield Problem(
            line, f"{name} has plan free, and can have only one instance", "choose a paid plan, or remove this"
        )


def disk(service: YamlNode) -> Iterator[Problem]:
    if "disk" in service and instances(service) > 1:
        hint = "a disk belongs to one instance: remove the disk, or run one instance"
        yield Problem(service.line_of("disk"), f"{title(service)} has a disk and several instances", hint)


def instances(service: YamlNode) -> int:
    return max(service.number_of("numInstances", 1), service.get("scaling").number_of("maxInstances", 1))


def health(service: YamlNode) -> Iterator[Problem]:
    if service.text_of("type") != "web" or service.text_of("runtime") == "static":
        return
    path = service.text_of("healthCheckPath")
    if not path:
        yield Problem(
            service.line_of("healthCheckPath"),
            f"{title(service)} has no healthCheckPath",
            "add one: without it an open port counts as healthy, even if every page is an error",
        )
    elif not path.startswith("/"):
        line = service.line_of("healthCheckPath")
        yield Problem(line, f"the healthCheckPath of {title(service)} is not a path", f"write /{path}")


def schedule(service: YamlNode) -> Iterator[Problem]:
    if "schedule" in service and (error := schedule_error(service.text_of("schedule"))):
        hint = 'write minute, hour, day, month and weekday, in UTC: "30 4 * * *" is every day at 4:30'
        yield Problem(service.line_of("schedule"), f"the schedule of {title(service)} {error}", hint)


def databases(resources: Resources) -> Iterator[Problem]:
    for database in resources.databases:
        name = title(database)
        if "ipAllowList" not in database:
            hint = "write `ipAllowList: []`, so that only the private network can reach it"
            yield Problem(database.line, f"{name} is open to the whole internet: it has no ipAllowList", hint)
        if database.text_of("plan") in OLD_PLANS:
            line = database.line_of("plan")
            yield Problem(
                line, f"{name} has a plan that is not available for new databases", "write `plan: basic-256mb` or more"
            )


def stores(resources: Resources) -> Iterator[Problem]:
    # Without a worker there is no task queue: a cache may evict its oldest values.
    if not any(service.text_of("type") == "worker" for service in resources.services):
        return
    used = {
        entry.get("fromService").text_of("name") for service in resources.services for entry in service.each("envVars")
    }
    for store in resources.stores:
        policy = store.text_of("maxmemoryPolicy", render.POLICY)
        if title(store) in used and policy != render.BROKER_POLICY:
            chosen = "" if "maxmemoryPolicy" in store else ", the default"
            yield Problem(
                store.line_of("maxmemoryPolicy"),
                f"{title(store)} evicts data when it is full (maxmemoryPolicy {policy}{chosen})",
                f"it may evict queued tasks: write `maxmemoryPolicy: {render.BROKER_POLICY}`",
            )


def schedule_error(schedule: str) -> str:
    """The end of a sentence that starts with "the schedule". Empty if the schedule is valid."""
    parts = schedule.split()
    if len(parts) != len(CRON_FIELDS):
        return f"has {len(parts)} parts, not {len(CRON_FIELDS)}"
    wrong = [name for name, part in zip(CRON_FIELDS, parts, strict=True) if not is_valid_field(name, part)]
    return f"has an invalid {wrong[0]}" if wrong else ""


def is_valid_field(name: str, part: str) -> bool:
    return all(is_valid_item(name, item) for item in part.split(","))


def is_valid_item(name: str, item: str) -> bool:
    values, slash, step = item.partition("/")
    if slash and not (step.isdecimal() and int(step)):
        return False
    if values == "*":
        return True
    first, dash, last = values.partition("-")
    low, high = cron_number(name, first), cron_number(name, last if dash else first)
    least, most = CRON_FIELDS[name]
    return low is not None and high is not None and least <= low <= high <= most


def cron_number(name: str, word: str) -> int | None:
    names = CRON_NAMES.get(name, [])
    if word.upper() in names:
        return names.index(word.upper()) + CRON_FIELDS[name][0]
    return int(word) if re.fullmatch(r"\d{1,2}", word) else None
