"""Whether a Blueprint has the keys that it should, with values of the right kinds."""

from collections.abc import Iterator

from slipway.rehearse.nodes import Node
from slipway.rehearse.problems import Problem
from slipway.rehearse.rules.vocabulary import BLUEPRINT


def shape(root: Node) -> Iterator[Problem]:
    return BLUEPRINT.problems(root, "a Blueprint", root.line)
