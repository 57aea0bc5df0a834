"""Kinds of values, and what is wrong with a value that should be of one."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem


class Kind(Protocol):
    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]: ...


@dataclass(frozen=True)
class Text:
    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, str):
            yield Problem(line, f"`{name}` is {node.kind}, not a text", quote(node))


@dataclass(frozen=True)
class Choice:
    options: tuple[str, ...]

    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if node.value in self.options:
            return
        if node.text in self.options:
            yield Problem(line, f"`{name}` is {node.kind}, not a text", quote(node))
        elif isinstance(node.value, str):
            yield Problem(line, f"`{name}` cannot be `{node.value}`", nearest(node.value, self.options))
        else:
            yield Problem(line, f"`{name}` is {node.kind}, not a text", one_of(self.options))


@dataclass(frozen=True)
class Whole:
    least: int = 1
    most: int | None = None

    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if type(node.value) is not int:
            what = "a text" if isinstance(node.value, str) else node.text or node.kind
            yield Problem(line, f"`{name}` is {what}, not a whole number", f"write `{name}: {self.least}` or more")
        elif node.value < self.least or (self.most is not None and node.value > self.most):
            reach = f"from {self.least} to {self.most}" if self.most else f"{self.least} or more"
            yield Problem(line, f"`{name}` is {node.value}", f"it can be {reach}")


@dataclass(frozen=True)
class DiskSize:
    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        wrong = list(Whole().problems(node, name, line))
        yield from wrong
        if not wrong and node.value != 1 and node.value % 5:
            yield Problem(line, f"`{name}` is {node.value}", "it can be 1, or a multiple of 5")


@dataclass(frozen=True)
class Truth:
    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, bool):
            yield Problem(line, f"`{name}` is {node.kind}, not true or false", "write true or false, without quotes")


@dataclass(frozen=True)
class Value:
    """What an environment variable can hold. Never shown: it may be a secret."""

    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if type(node.value) in (int, float):
            # YAML reads 010 as 8, 3.10 as 3.1, 1_000 as 1000 and 1:30 as 90.
            if node.text != str(node.value):
                yield Problem(line, f"`{name}` is a number that YAML reads as another", quote(node))
        elif not isinstance(node.value, str):
            yield Problem(line, f"`{name}` is {node.kind}; variables are texts or numbers", quote(node))


@dataclass(frozen=True)
class Listing:
    kind: Kind

    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, list):
            yield Problem(line, f"`{name}` is {node.kind}, not a list", f"put `- ` before each item of `{name}`")
            return
        for item in node.value:
            yield from self.kind.problems(item, f"an item of {name}", item.line)


@dataclass(frozen=True)
class Object:
    keys: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    # Names that are no longer used, or belong elsewhere: what to do instead.
    instead: Mapping[str, str] = field(default_factory=dict)
    # For required keys whose value is not plain.
    missing: Mapping[str, str] = field(default_factory=dict)
    # At least one of these.
    some: tuple[str, ...] = ()

    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        if not isinstance(node.value, dict):
            yield Problem(line, f"`{name}` is {node.kind}, not a mapping", f"give it keys: {', '.join(self.keys)}")
            return
        for key in self.required:
            if key not in node:
                yield Problem(node.line, f"{name} has no `{key}`", self.missing.get(key, f"add `{key}: ...` here"))
        if self.some and not any(key in node for key in self.some):
            yield Problem(node.line, f"{name} has neither `{'` nor `'.join(self.some)}`", "give it one of them")
        for key, value in node.value.items():
            if key in self.instead:
                yield Problem(node.line_of(key), f"`{key}` does not belong to {name}", self.instead[key])
            elif key not in self.keys:
                hint = nearest(key, tuple(self.keys))
                yield Problem(node.line_of(key), f"`{key}` is not known for {name}", hint)
            if key in self.keys:
                yield from self.keys[key].problems(value, key, node.line_of(key))


@dataclass(frozen=True)
class Sorted:
    """A value whose own keys say what it is, and so of which kind."""

    sort: Callable[[Node], tuple[str, Kind]]

    def problems(self, node: Node, name: str, line: int) -> Iterator[Problem]:
        called, kind = self.sort(node)
        yield from kind.problems(node, called, line)


def nearest(word: str, options: tuple[str, ...]) -> str:
    simple = {re.sub(r"[^a-z0-9]", "", option.lower()): option for option in options}
    found = get_close_matches(re.sub(r"[^a-z0-9]", "", word.lower()), simple, n=1)
    return f"did you mean `{simple[found[0]]}`?" if found else one_of(options)


def one_of(options: tuple[str, ...]) -> str:
    return f"it can be {', '.join(options[:12])}{' ...' if len(options) > 12 else ''}"


def quote(node: Node) -> str:
    return "put it in quotes" if node.text else "write a text, or leave the key out"
