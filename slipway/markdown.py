"""Removes what a Markdown page says about removed features.

A section is removed if its heading names one; a paragraph, a list item, a table row and a line of a code block if they
do. A paragraph that ends in a colon is removed with all that it introduces, a section with all of its content.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Named = Callable[[str], bool]

ITEM = re.compile(r"(?:[-*]|\d+\.) ")


@dataclass
class Block:
    kind: str  # heading, fence, table, list or text
    lines: list[str] = field(default_factory=list)

    @property
    def level(self) -> int:
        return len(self.lines[0]) - len(self.lines[0].lstrip("#"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def cut(page: str, named: Named) -> str:
    blocks = parse(page.splitlines())
    left = without_introductions([smaller(block, named) for block in without_sections(blocks, named)])
    if left == blocks:
        return page
    return "\n\n".join(block.text for block in without_empty_sections(left)) + "\n"


def parse(lines: list[str]) -> list[Block]:
    blocks: list[Block] = []
    fresh = True
    for line in lines:
        last = blocks[-1] if blocks else Block("text")
        if last.kind == "fence" and not closed(last):
            last.lines.append(line)
        elif not line.strip():
            fresh = True
        elif last.kind == "list" and goes_on(last, line):
            last.lines.extend([""] * fresh + [line])
            fresh = False
        else:
            kind = kind_of(line)
            if fresh or kind != last.kind or kind == "heading":
                blocks.append(Block(kind))
            blocks[-1].lines.append(line)
            fresh = False
    return blocks


def kind_of(line: str) -> str:
    if line.startswith("#"):
        return "heading"
    if line.startswith("```"):
        return "fence"
    if line.startswith("|"):
        return "table"
    return "list" if ITEM.match(line) else "text"


def goes_on(listed: Block, line: str) -> bool:
    """A list item may have several paragraphs, and blank lines around it."""
    return line.startswith("  ") or bool(ITEM.match(line) and line[0].isdigit() == listed.lines[0][0].isdigit())


def closed(fence: Block) -> bool:
    return len(fence.lines) > 1 and fence.lines[-1] == "```"


def without_sections(blocks: list[Block], named: Named) -> list[Block]:
    kept: list[Block] = []
    level = 0
    for block in blocks:
        if block.kind == "heading":
            if level and block.level > level:
                continue
            level = block.level if block.level > 1 and named(block.text) else 0
        if not level:
            kept.append(block)
    return kept


def smaller(block: Block, named: Named) -> Block | None:
    """The rest of it, or nothing."""
    match block.kind:
        case "heading":
            return block
        case "fence":
            if not any(map(named, block.lines)):
                return block
            body = "\n".join(line for line in block.lines[1:-1] if not named(line))
            body = re.sub(r"\n{3,}", "\n\n", body).strip("\n")
            return Block("fence", [block.lines[0], body, block.lines[-1]]) if body else None
        case "table":
            rows = [line for line in block.lines[2:] if not named(line)]
            return Block("table", [*block.lines[:2], *rows]) if rows else None
        case "list":
            found = items(block.lines)
            left = [item for item in found if not named(item)]
            if left == found:
                return block
            return Block("list", numbered(left)) if left else None
        case _:
            return None if named(block.text) else block


def items(lines: list[str]) -> list[str]:
    found: list[list[str]] = []
    for line in lines:
        if ITEM.match(line):
            found.append([])
        found[-1].append(line)
    return ["\n".join(item) for item in found]


def numbered(left: list[str]) -> list[str]:
    text = "\n".join(re.sub(r"^\d+\. ", f"{number}. ", item) for number, item in enumerate(left, start=1))
    return text.rstrip("\n").split("\n")


def without_introductions(blocks: list[Block | None]) -> list[Block]:
    kept: list[Block] = []
    nothing_follows = False
    # One may introduce another.
    for block in reversed(blocks):
        if block and not (nothing_follows and block.kind == "text" and block.text.endswith(":")):
            kept.append(block)
            nothing_follows = False
        else:
            nothing_follows = True
    return kept[::-1]


def without_empty_sections(blocks: list[Block]) -> list[Block]:
    kept: list[Block] = []
    for block in reversed(blocks):
        following = kept[-1] if kept else None
        ends_here = following is None or (following.kind == "heading" and following.level <= block.level)
        if not (block.kind == "heading" and block.level > 1 and ends_here):
            kept.append(block)
    return kept[::-1]
