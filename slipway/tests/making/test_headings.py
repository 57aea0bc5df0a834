"""Headings cut what they should: one that would cut too much or too little is named, with its file and line."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

import pytest
import yaml

from slipway import catalogue
from slipway.cut import CATALOGUE, take_out
from slipway.headings import end_of, heading
from slipway.tests.making import projects
from slipway.tree import text

KNOWN = catalogue.read(projects.template()[CATALOGUE].decode())
TITLES = KNOWN.titles
OWNERS = {feature.title: feature for feature in KNOWN.features.values()}
TEXTS = {
    path: found
    for path, content in projects.template().items()
    # Pages have other rules, and locks have none. What is the template's own goes as a whole.
    if (found := text(content)) is not None
    and not path.endswith((".md", ".txt"))
    and not path.startswith(KNOWN.features["template"].files)
}


@dataclass(frozen=True)
class Paragraph:
    path: str
    line: int
    titles: frozenset[str]
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def paragraphs() -> Iterator[Paragraph]:
    for path, found in TEXTS.items():
        lines = found.split("\n")
        headings = {number: head for number, line in enumerate(lines) if (head := heading(line, TITLES))}
        for number, head in headings.items():
            end = end_of(number, head.indent, lines, headings)
            yield Paragraph(path, number + 1, head.titles, tuple(lines[number + 1 : end]))


PARAGRAPHS = list(paragraphs())


def test_there_are_some() -> None:
    assert {title for paragraph in PARAGRAPHS for title in paragraph.titles} == TITLES


def test_a_heading_has_something_below_it() -> None:
    assert [str(paragraph) for paragraph in PARAGRAPHS if not paragraph.lines] == []


def test_what_almost_is_a_heading_is_none() -> None:
    names = "|".join(TITLES)
    almost = re.compile(
        rf"\s*(?:#|//|/\*|\{{#|<!--)\s*(?:(?:{names})[\s,;:/&+.]*(?:and\s+)?)+(?:\*/|#\}}|-->)?\s*", re.I
    )

    assert [
        f"{path}:{number}"
        for path, found in TEXTS.items()
        for number, line in enumerate(found.split("\n"), start=1)
        if almost.fullmatch(line) and not heading(line, TITLES)
    ] == []


def items(paragraph: Paragraph) -> Iterator[tuple[int, str]]:
    """What stands there in a list, a dictionary or a call, one to a line and as deep as the heading."""
    depth = min(len(line) - len(line.lstrip()) for line in paragraph.lines if line.strip())
    for number, line in enumerate(paragraph.lines, start=paragraph.line + 1):
        found = re.fullmatch(r"""\s+(["']?)([\w./-]+)\1(?:: .*)?,""", line)
        if found and len(line) - len(line.lstrip()) == depth:
            yield number, found[2]


def belongs(item: str, paragraph: Paragraph) -> bool:
    """It sounds like the feature, names a file or a word of its own, or is used below its other headings there."""
    owners = [OWNERS[title] for title in paragraph.titles]
    owned = KNOWN.owned([owner.key for owner in owners])
    path = item.replace(".", "/")
    own_code = [found for other, found in TEXTS.items() if any(other.startswith(own) for own in owned)]
    elsewhere = [other.lines for other in PARAGRAPHS if other.path == paragraph.path and other != paragraph]
    return bool(
        any(owner.mentions(item) for owner in owners)
        or any(path == own or path.startswith((f"{own}/", own.removesuffix(".py"))) for own in owned)
        or any(item == PurePath(own).stem for own in owned)
        or any(f'"{item}"' in found for found in own_code)
        or any(re.search(rf"\b{re.escape(item)}\b", line) for lines in elsewhere for line in lines)
    )


def test_no_item_goes_with_a_feature_that_is_not_its_own() -> None:
    assert [
        f"{paragraph.path}:{number}: {item}"
        for paragraph in PARAGRAPHS
        if paragraph.path.endswith(".py")
        for number, item in items(paragraph)
        if not belongs(item, paragraph)
    ] == []


READERS: dict[str, Callable[[str], object]] = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}


@pytest.mark.parametrize("feature", KNOWN.features)
def test_what_is_left_can_be_read(feature: str) -> None:
    for path, content in take_out(projects.template(), [feature]).items():
        read = READERS.get(path[path.rfind(".") :])
        if read and not path.startswith("slipway/tests/rehearse/"):
            try:
                read(content.decode())
            except (SyntaxError, ValueError, yaml.YAMLError) as error:
                pytest.fail(f"{path} without {feature}: {error}")


@pytest.mark.parametrize("feature", KNOWN.features.values(), ids=lambda feature: feature.key)
def test_what_is_said_to_be_its_own_is_there(feature: catalogue.Feature) -> None:
    paths = projects.template().keys()
    owned = KNOWN.owned([feature.key])

    assert [own for own in owned if not any(path == own or path.startswith(f"{own}/") for path in paths)] == []


@pytest.mark.parametrize("swap", KNOWN.swaps, ids=lambda swap: swap.file)
def test_what_is_to_be_swapped_is_there_once(swap: catalogue.Swap) -> None:
    assert len(re.findall(swap.old, projects.template()[swap.file].decode())) == 1
