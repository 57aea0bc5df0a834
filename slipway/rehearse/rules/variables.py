"""What variables hold, and how."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.resources import Resources

KEY = r"[A-Za-z_][\w.-]*"
PLAIN = ("value", "generateValue", "sync")
# By the last word: PASSWORD_RESET_TIMEOUT is none.
SECRET = re.compile(r"(^|_)(SECRET|PASSWORD|PASSWD|TOKEN|KEY|APIKEY|CREDENTIALS?)$|SECRET_KEY", re.IGNORECASE)
PUBLIC = re.compile(r"PUBLIC|PUBLISHABLE", re.IGNORECASE)


def variables(resources: Resources) -> Iterator[Problem]:
    for group in resources.groups:
        for entry in group.each("envVars"):
            yield from form(entry)
            yield from key(entry)
            yield from value(entry)
            if "sync" in entry:
                hint = "give it to each service that needs it, or let others refer to one of them with `envVarKey`"
                yield Problem(entry.line_of("sync"), f"{named(entry)} is in a group, which cannot ask for it", hint)
    for service in resources.services:
        for entry in service.each("envVars"):
            yield from form(entry)
            yield from key(entry)
            yield from value(entry)


def named(entry: Node) -> str:
    return entry.text_of("key") or "this variable"


def form(entry: Node) -> Iterator[Problem]:
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
        yield Problem(entry.line_of("sync"), f"{named(entry)} has no value", "write `sync: false`, and Render asks")


def key(entry: Node) -> Iterator[Problem]:
    name, line = entry.text_of("key"), entry.line_of("key")
    if "key" in entry and isinstance(entry.get("key").value, str) and not re.fullmatch(KEY, name):
        yield Problem(line, "this is no name for a variable", "use letters, digits and _, and no digit first")
    elif name == "RENDER" or name.startswith("RENDER_"):
        yield Problem(line, f"{name} belongs to Render, which sets it itself", "leave it out, or choose another name")


def value(entry: Node) -> Iterator[Problem]:
    name, text, line = entry.text_of("key"), entry.get("value").text, entry.line_of("value")
    if name == "PYTHON_VERSION" and "value" in entry and not re.fullmatch(r"\d+\.\d+\.\d+", text):
        hint = 'write three numbers, in quotes, as in "3.13.1"; or leave it to `.python-version`'
        yield Problem(line, "PYTHON_VERSION is not a whole version", hint)
    if text and (is_secret(name) or has_password(text)):
        hint = "write `sync: false`, and Render asks for it; or `generateValue: true`, and Render makes it"
        yield Problem(line, f"{name} is a secret that everybody can read here", hint)


def is_secret(name: str) -> bool:
    return bool(SECRET.search(name)) and not PUBLIC.search(name)


def has_password(text: str) -> bool:
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return False
