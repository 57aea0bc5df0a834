"""Names are there once, and secrets are made once."""

from collections.abc import Iterable, Iterator

from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.resources import Resources


def names(resources: Resources) -> Iterator[Problem]:
    yield from twice([*resources.services, *resources.stores, *resources.databases], "name", "name each thing apart")
    yield from twice(resources.groups, "name", "put all of its variables into one group")
    for holder in [*resources.services, *resources.groups]:
        yield from twice(holder.each("envVars"), "key", "keep one of them: the last would win")
        yield from twice(holder.each("envVars"), "fromGroup", "once is enough")
    yield from generated_twice(resources)


def twice(items: Iterable[Node], key: str, hint: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for item in items:
        name = item.text_of(key)
        if name and name in seen:
            yield Problem(item.line_of(key), f"{name} is here twice, first in line {seen[name]}", hint)
        seen.setdefault(name, item.line_of(key))


def generated_twice(resources: Resources) -> Iterator[Problem]:
    """Two services that sign with different keys take each other's sessions for forged."""
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
