"""YAML values with their line numbers, for error messages."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearse.errors import InvalidBlueprint, Problem

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

TYPE_NAMES = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    date: "a date",
    type(None): "nothing",
}


@dataclass(frozen=True, eq=False)
class YamlNode:
    """A value with its line. Methods treat a missing value and one of another type alike."""

    value: Any = field(repr=False)
    line: int
    # As written in the file, for scalars.
    text: str = field(default="", repr=False)
    key_lines: dict[str, int] = field(default_factory=dict)

    @property
    def type_name(self) -> str:
        return next(name for type_, name in TYPE_NAMES.items() if type(self.value) is type_)

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def get(self, key: str) -> "YamlNode":
        return self.value[key] if key in self else YamlNode({}, self.line)

    def each(self, key: str) -> list["YamlNode"]:
        """The mappings in the list of this key."""
        found = self.get(key).value
        return [item for item in found if isinstance(item.value, dict)] if isinstance(found, list) else []

    def text_of(self, key: str, default: str = "") -> str:
        found = self.get(key).value
        return found if isinstance(found, str) else default

    def number_of(self, key: str, default: int) -> int:
        found = self.get(key).value
        return found if type(found) is int else default

    def line_of(self, key: str) -> int:
        return self.key_lines.get(key, self.line)


def read_yaml(path: Path) -> YamlNode:
    """Raises InvalidBlueprint if the file is not valid, unambiguous YAML."""
    try:
        loader = Loader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
    except OSError as error:
        raise InvalidBlueprint(
            [Problem(1, f"cannot be read: {error.strerror}", "check the path of the Blueprint")]
        ) from None
    except UnicodeDecodeError:
        raise InvalidBlueprint([Problem(1, "is not text in UTF-8", "save it as UTF-8")]) from None
    except yaml.YAMLError as error:
        raise InvalidBlueprint([not_yaml(error)]) from None
    if root is None:
        raise InvalidBlueprint([Problem(1, "is empty", "a Blueprint lists `services` and `databases`")])
    reader = Reader(loader)
    node = reader.read(root)
    if reader.problems:
        raise InvalidBlueprint(reader.problems)
    return node


def not_yaml(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    return Problem(mark.line + 1 if mark else 1, f"is not YAML: {what}", "check the quotes and the indentation here")


class Reader:
    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.problems: list[Problem] = []
        # None while a node is being read: an anchor may refer to itself.
        self.known: dict[int, YamlNode | None] = {}

    def read(self, node: yaml.Node) -> YamlNode:
        if id(node) not in self.known:
            self.known[id(node)] = None
            self.known[id(node)] = self.convert(node)
        value = self.known[id(node)]
        if value is None:
            self.add_problem(node, "contains itself through its anchor", "write it out")
            return YamlNode(None, line(node))
        return value

    def convert(self, node: yaml.Node) -> YamlNode:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return YamlNode([self.read(item) for item in node.value], line(node))
        try:
            value = self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.add_problem(node, "is not a valid value of its type", "put it in quotes")
            value = None
        return YamlNode(value if type(value) in TYPE_NAMES else date.min, line(node), node.value)

    def mapping(self, node: yaml.MappingNode) -> YamlNode:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            name = str(key.value)
            if name in seen and key.tag != "tag:yaml.org,2002:merge":
                self.add_problem(key, f"`{name}` is set twice, first in line {seen[name]}", "keep one of them")
            seen[name] = line(key)
        try:
            # `<<` merges another mapping. Keys of this mapping come last, so they win.
            self.loader.flatten_mapping(node)
        except yaml.YAMLError:
            self.add_problem(node, "merges with `<<` something that is not a mapping", "name the anchor of a mapping")
        values: dict[str, YamlNode] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self.add_problem(key, "is not a valid key", "write a plain word, in quotes if needed")
                continue
            values[key.value], lines[key.value] = self.read(value), line(key)
        return YamlNode(values, line(node), key_lines=lines)

    def add_problem(self, node: yaml.Node, message: str, hint: str) -> None:
        self.problems.append(Problem(line(node), message, hint))


def line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
