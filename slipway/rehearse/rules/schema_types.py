"""Types of values in a Blueprint, and their error messages."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

from slipway.rehearse.errors import Problem
from slipway.rehearse.yaml_nodes import YamlNode


class ValueType(Protocol):
    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]: ...


@dataclass(frozen=True)
class Text:
    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, str):
            yield Problem(line, f"`{name}` is {node.type_name}, not a string", quote(node))


@dataclass(frozen=True)
class Choice:
    options: tuple[str, ...]

    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if node.value in self.options:
            return
        if node.text in self.options:
            yield Problem(line, f"`{name}` is {node.type_name}, not a string", quote(node))
        elif isinstance(node.value, str):
            yield Problem(line, f"`{name}` cannot be `{node.value}`", nearest(node.value, self.options))
        else:
            yield Problem(line, f"`{name}` is {node.type_name}, not a string", one_of(self.options))


@dataclass(frozen=True)
class Integer:
    least: int = 1
    most: int | None = None

    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if type(node.value) is not int:
            what = "a string" if isinstance(node.value, str) else node.text or node.type_name
            yield Problem(line, f"`{name}` is {what}, not a whole number", f"write `{name}: {self.least}` or more")
        elif node.value < self.least or (self.most is not None and node.value > self.most):
            reach = f"from {self.least} to {self.most}" if self.most else f"{self.least} or more"
            yield Problem(line, f"`{name}` is {node.value}", f"it can be {reach}")


@dataclass(frozen=True)
class DiskSize:
    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        wrong = list(Integer().problems(node, name, line))
        yield from wrong
        if not wrong and node.value != 1 and node.value % 5:
            yield Problem(line, f"`{name}` is {node.value}", "it can be 1, or a multiple of 5")


@dataclass(frozen=True)
class Boolean:
    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, bool):
            yield Problem(
                line, f"`{name}` is {node.type_name}, not true or false", "write true or false, without quotes"
            )


@dataclass(frozen=True)
class VariableValue:
    """Value of an environment variable. Messages never contain it: it may be a secret."""

    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if type(node.value) in (int, float):
            # YAML reads 010 as 8, 3.10 as 3.1, 1_000 as 1000 and 1:30 as 90.
            if node.text != str(node.value):
                yield Problem(line, f"YAML changes the number in `{name}`", quote(node))
        elif not isinstance(node.value, str):
            yield Problem(line, f"`{name}` is {node.type_name}; variables are strings or numbers", quote(node))


@dataclass(frozen=True)
class ListOf:
    item: ValueType

    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, list):
            yield Problem(line, f"`{name}` is {node.type_name}, not a list", f"put `- ` before each item of `{name}`")
            return
        for item in node.value:
            yield from self.item.problems(item, f"an item of {name}", item.line)


@dataclass(frozen=True)
class Object:
    keys: Mapping[str, ValueType]
    required: tuple[str, ...] = ()
    # Old or misplaced keys, with hints.
    instead: Mapping[str, str] = field(default_factory=dict)
    # Hints for missing required keys.
    missing: Mapping[str, str] = field(default_factory=dict)
    # At least one of these.
    some: tuple[str, ...] = ()

    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, dict):
            yield Problem(line, f"`{name}` is {node.type_name}, not a mapping", f"give it keys: {', '.join(self.keys)}")
            return
        for key in self.required:
            if key not in node:
                yield Problem(node.line, f"{name} has no `{key}`", self.missing.get(key, f"add `{key}: ...` here"))
        if self.some and not any(key in node for key in self.some):
            yield Problem(node.line, f"{name} has neither `{'` nor `'.join(self.some)}`", "give it one of them")
        for key, value in node.value.items():
            if key in self.instead:
                yield Problem(node.line_of(key), f"`{key}` is not allowed in {name}", self.instead[key])
            elif key not in self.keys:
                hint = nearest(key, tuple(self.keys))
                yield Problem(node.line_of(key), f"`{key}` is unknown in {name}", hint)
            if key in self.keys:
                yield from self.keys[key].problems(value, key, node.line_of(key))


@dataclass(frozen=True)
class TypeByContent:
    """The type depends on the keys of the value."""

    choose: Callable[[YamlNode], tuple[str, ValueType]]

    def problems(self, node: YamlNode, name: str, line: int) -> Iterator[Problem]:
        type_name, value_type = self.choose(node)
        yield from value_type.problems(node, type_name, line)


def nearest(word: str, options: tuple[str, ...]) -> str:
    simple = {re.sub(r"[^a-z0-9]", "", option.lower()): option for option in options}
    found = get_close_matches(re.sub(r"[^a-z0-9]", "", word.lower()), simple, n=1)
    return f"did you mean `{simple[found[0]]}`?" if found else one_of(options)


def one_of(options: tuple[str, ...]) -> str:
    return f"it can be {', '.join(options[:12])}{' ...' if len(options) > 12 else ''}"


def quote(node: YamlNode) -> str:
    return "put it in quotes" if node.text else "write a string, or remove the key"
