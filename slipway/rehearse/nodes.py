"""YAML whose every part knows its line, so that a mistake can be shown where it is."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearse.problems import BlueprintError, Problem

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

KINDS = {
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
class Node:
    """A value with its line. What is not there, or not of the kind that is asked for, is as if left out."""

    value: Any = field(repr=False)
    line: int
    # As it is written, for scalars.
    text: str = field(default="", repr=False)
    key_lines: dict[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return next(name for kind, name in KINDS.items() if type(self.value) is kind)

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def get(self, key: str) -> "Node":
        return self.value[key] if key in self else Node({}, self.line)

    def each(self, key: str) -> list["Node"]:
        """The mappings in the list under this key."""
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


def compose(path: Path) -> Node:
    """The whole file, or a BlueprintError that tells why it is not YAML of one meaning."""
    try:
        loader = Loader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
    except OSError as error:
        raise BlueprintError([Problem(1, f"cannot be read: {error.strerror}", "name the Blueprint's file")]) from None
    except UnicodeDecodeError:
        raise BlueprintError([Problem(1, "is not text in UTF-8", "save it as UTF-8")]) from None
    except yaml.YAMLError as error:
        raise BlueprintError([not_yaml(error)]) from None
    if root is None:
        raise BlueprintError([Problem(1, "is empty", "a Blueprint lists `services` and `databases`")])
    reader = Reader(loader)
    node = reader.read(root)
    if reader.problems:
        raise BlueprintError(reader.problems)
    return node


def not_yaml(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return Problem(mark.line + 1 if mark else 1, f"is not YAML: {what}", "look at the quotes and the indentation here")


class Reader:
    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.problems: list[Problem] = []
        # An anchor's node is read once; while it is being read, it is known as None.
        self.known: dict[int, Node | None] = {}

    def read(self, node: yaml.Node) -> Node:
        if id(node) not in self.known:
            self.known[id(node)] = None
            self.known[id(node)] = self.made(node)
        made = self.known[id(node)]
        if made is None:
            self.complain(node, "holds itself, through its anchor", "write it out")
            return Node(None, line(node))
        return made

    def made(self, node: yaml.Node) -> Node:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return Node([self.read(item) for item in node.value], line(node))
        try:
            value = self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.complain(node, "is not what its form promises", "put it in quotes")
            value = None
        return Node(value if type(value) in KINDS else date.min, line(node), node.value)

    def mapping(self, node: yaml.MappingNode) -> Node:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            name = str(key.value)
            if name in seen and key.tag != "tag:yaml.org,2002:merge":
                self.complain(key, f"`{name}` is here twice, first in line {seen[name]}", "keep one of them")
            seen[name] = line(key)
        try:
            # `<<` takes in another mapping; what stands here itself comes last, and so wins.
            self.loader.flatten_mapping(node)
        except yaml.YAMLError:
            self.complain(node, "takes in with `<<` what is no mapping", "name the anchor of a mapping")
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self.complain(key, "is no name for a key", "write a plain word, in quotes if it must be")
                continue
            values[key.value], lines[key.value] = self.read(value), line(key)
        return Node(values, line(node), key_lines=lines)

    def complain(self, node: yaml.Node, message: str, hint: str) -> None:
        self.problems.append(Problem(line(node), message, hint))


def line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
