"""Removes the paragraphs below comments that are the title of a feature, or of several with commas between them.

A paragraph ends at a blank line, a dedent or the next such comment, and `# Yours` is one, too. Lines that are indented
deeper belong to it, with the blank lines between them. A paragraph of several features needs all of them.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Heading:
    indent: int
    titles: frozenset[str]


def cut(text: str, gone: Collection[str], known: Collection[str]) -> str:
    """Remove the paragraphs of some features. Both are titles."""
    lines = text.split("\n")
    headings = {number: found for number, line in enumerate(lines) if (found := heading(line, known))}
    kept: list[str] = []
    number = 0
    while number < len(lines):
        found = headings.get(number)
        if found and found.titles & set(gone):
            end = end_of(number, found.indent, lines, headings)
            number = close(kept, lines, end, found.indent)
        else:
            kept.append(lines[number])
            number += 1
    return "\n".join(kept)


def heading(line: str, known: Collection[str]) -> Heading | None:
    comment = heading_pattern(frozenset(known)).fullmatch(line)
    return Heading(len(comment[1]), frozenset(comment[2].split(", "))) if comment else None


@cache
def heading_pattern(known: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(known)))
    return re.compile(rf"(\s*)(?:#|//|--|/\*|\{{#|<!--) ((?:{names})(?:, (?:{names}))*)(?: \*/| #\}}| -->)?")


def end_of(number: int, indent: int, lines: list[str], headings: dict[int, Heading]) -> int:
    """The number of the line after the paragraph."""
    last = number
    for following in range(number + 1, len(lines)):
        line = lines[following]
        if not line.strip():
            continue
        deeper = indentation(line) > indent
        after_blank = following > last + 1
        if indentation(line) < indent or (not deeper and (after_blank or following in headings)):
            break
        last = following
    return last + 1


def close(kept: list[str], lines: list[str], end: int, indent: int) -> int:
    """Leave as many blank lines as there were on one side of the paragraph, whichever had more."""
    following = end
    while following < len(lines) and not lines[following].strip():
        following += 1
    before = 0
    while kept and not kept[-1].strip():
        kept.pop()
        before += 1
    after = following - end
    if following == len(lines):
        # A file ends with one line end.
        blank = 1
    elif not kept:
        blank = 0
    elif indentation(lines[following]) < indent:
        blank = after
    elif indentation(kept[-1]) < indent:
        blank = before
    else:
        blank = max(before, after)
    kept.extend([""] * blank)
    return following


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
