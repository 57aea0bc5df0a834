"""Rules for environment variables, and for names that must be unique."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from slipway.rehearse.errors import Problem
from slipway.rehearse.rules.resources import Resources
from slipway.rehearse.yaml_nodes import YamlNode

KEY = r"[A-Za-z_][\w.-]*"
PLAIN = ("value", "generateValue", "sync")
# By the last word: PASSWORD_RESET_TIMEOUT is not a secret.
SECRET = re.compile(r"(^|_)(SECRET|PASSWORD|PASSWD|TOKEN|KEY|APIKEY|CREDENTIALS?)$|SECRET_KEY", re.IGNORECASE)
PUBLIC = re.compile(r"PUBLIC|PUBLISHABLE", re.IGNORECASE)


def variable_problems(resources: Resources) -> Iterator[Problem]:
    yield from duplicates(resources)
    for group in resources.groups:
        for entry in group.each("envVars"):
            yield from form(entry)
            yield from key(entry)
            yield from value(entry)
            if "sync" in entry:
                hint = "set it in each service, or refer to one of them with `envVarKey`"
                yield Problem(
                    entry.line_of("sync"), f"{named(entry)} is in a group, which cannot have `sync: false`", hint
                )
    for service in resources.services:
        for entry in service.each("envVars"):
            yield from form(entry)
            yield from key(entry)
            yield from value(entry)


def named(entry: YamlNode) -> str:
    return entry.text_of("key") or "this variable"


def form(entry: YamlNode) -> Iterator[Problem]:
    if "fromDatabase" in entry or "fromService" in entry or "fromGroup" in entry:
        return
    forms = [key for key in PLAIN if key in entry]
    if not forms:
        hint = "give it `value`, `generateValue: true`, `sync: false`, `fromDatabase` or `fromService`"
        yield Problem(entry.line, f"{named(entry)} has no value", hint)
    elif len(forms) > 1:
        yield Problem(entry.line, f"{named(entry)} has {' and '.join(forms)}", "keep one of them")
    elif entry.get("generateValue").value is False:
        yield Problem(entry.line_of("generateValue"), f"{named(entry)} has no value", "write `generateValue: true`")
    elif entry.get("sync").value is True:
        yield Problem(
            entry.line_of("sync"), f"{named(entry)} has no value", "write `sync: false`, so that Render asks for it"
        )


def key(entry: YamlNode) -> Iterator[Problem]:
    name, line = entry.text_of("key"), entry.line_of("key")
    if "key" in entry and isinstance(entry.get("key").value, str) and not re.fullmatch(KEY, name):
        yield Problem(line, "this is not a valid variable name", "use letters, digits and _, but no digit first")
    elif name == "RENDER" or name.startswith("RENDER_"):
        yield Problem(line, f"{name} is set by Render", "remove it, or choose another name")


def value(entry: YamlNode) -> Iterator[Problem]:
    name, text, line = entry.text_of("key"), entry.get("value").text, entry.line_of("value")
    if name == "PYTHON_VERSION" and "value" in entry and not re.fullmatch(r"\d+\.\d+\.\d+", text):
        hint = 'write three numbers in quotes, such as "3.13.1", or use `.python-version`'
        yield Problem(line, "PYTHON_VERSION is not a complete version", hint)
    if text and (is_secret(name) or has_password(text)):
        hint = "write `sync: false`, so that Render asks for it, or `generateValue: true`, so that Render generates it"
        yield Problem(line, f"{name} is a secret in a committed file", hint)


def is_secret(name: str) -> bool:
    return bool(SECRET.search(name)) and not PUBLIC.search(name)


def has_password(text: str) -> bool:
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return False


def duplicates(resources: Resources) -> Iterator[Problem]:
    yield from twice(
        [*resources.services, *resources.stores, *resources.databases], "name", "give each a different name"
    )
    yield from twice(resources.groups, "name", "put all variables into one group")
    for holder in [*resources.services, *resources.groups]:
        yield from twice(holder.each("envVars"), "key", "keep one of them: the last one wins")
        yield from twice(holder.each("envVars"), "fromGroup", "remove one of them")
    yield from generated_twice(resources)


def twice(items: Iterable[YamlNode], key: str, hint: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for item in items:
        name = item.text_of(key)
        if name and name in seen:
            yield Problem(item.line_of(key), f"{name} is used twice, first in line {seen[name]}", hint)
        seen.setdefault(name, item.line_of(key))


def generated_twice(resources: Resources) -> Iterator[Problem]:
    """Services with different keys reject each other's sessions."""
    seen: dict[str, str] = {}
    for holder in [*resources.groups, *resources.services]:
        name = holder.text_of("name")
        for entry in holder.each("envVars"):
            key = entry.text_of("key")
            if entry.get("generateValue").value is not True:
                continue
            if key in seen and seen[key] != name:
                message = f"{key} is generated for {seen[key]} and again for {name}: they get different values"
                yield Problem(entry.line, message, "generate it in one envVarGroup, and give both `fromGroup`")
            seen.setdefault(key, name)
