"""Reads the environment into a dataclass whose fields say what they need. The table itself is `config/env.py`."""

import inspect
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from decouple import Config, Csv, RepositoryEmpty, RepositoryEnv

from config.processes import PROCESSES

T = TypeVar("T")
Check = Callable[[Any], str | None]

KINDS: dict[Any, str] = {int: "must be a whole number", float: "must be a number", bool: "must be true or false"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one variable, and how to mend it. Never its value."""

    name: str
    what: str
    help: str
    fix: str

    def __str__(self) -> str:
        lead = "for example" if "=" in self.fix else "make one with"
        return f"  {self.name} {self.what}. {self.help}\n      {lead}:  {self.fix}"


def var(
    help: str,
    *,
    default: Any = MISSING,
    local: Any = MISSING,
    fix: str = "",
    check: Check | None = None,
    needed_by: Collection[str] = tuple(PROCESSES),
    unless: str = "",
) -> Any:
    """Declare a variable. In production, one without a `default` must be given to the processes in `needed_by`."""
    metadata = {
        "help": help,
        "fix": fix,
        "check": check,
        "required": default is MISSING,
        "stand_in": local if default is MISSING else default,
        "needed_by": needed_by,
        "unless": unless,
    }
    return field(repr=False, metadata=metadata)


def like(pattern: str, what: str) -> Check:
    """A check that the text, or each text in the list, has this shape."""

    def check(value: str | list[str]) -> str | None:
        texts = [value] if isinstance(value, str) else value
        return None if all(re.fullmatch(pattern, text) for text in texts) else what

    return check


def between(low: float, high: float = float("inf")) -> Check:
    what = f"must be at least {low}" if high == float("inf") else f"must lie between {low} and {high}"
    return lambda number: None if low <= number <= high else what


def read(table: type[T], *, dotenv: Path | None, required_by: str | None) -> tuple[T, list[Problem]]:
    """Read all variables. What is missing or invalid becomes a problem, and its stand-in serves."""
    config = Config(RepositoryEnv(str(dotenv)) if dotenv and dotenv.is_file() else RepositoryEmpty())
    items = fields(table)  # type: ignore[arg-type]
    # An empty variable counts as unset: platforms like to set those.
    given = {item.name for item in items if config(item.name.upper(), default="").strip()}
    values: dict[str, Any] = {}
    problems = []
    for item in items:
        values[item.name], what = convert(item, config) if item.name in given else stand_in(item, given, required_by)
        if what:
            problems.append(Problem(item.name.upper(), what, item.metadata["help"], example(item)))
    return table(**values), problems


def convert(item: Field, config: Config) -> tuple[Any, str | None]:
    try:
        value = config(item.name.upper(), cast=Csv() if item.type == list[str] else item.type)
    except ValueError:
        return item.metadata["stand_in"], KINDS[item.type]
    check = item.metadata["check"]
    return value, check(value) if check else None


def stand_in(item: Field, given: set[str], required_by: str | None) -> tuple[Any, str | None]:
    if item.metadata["unless"] in given:
        return item.type(), None  # type: ignore[operator]
    missing = item.metadata["required"] and required_by in item.metadata["needed_by"]
    return item.metadata["stand_in"], "is missing" if missing else None


def example(item: Field) -> str:
    """A command that makes a value, or a line for `.env`."""
    return item.metadata["fix"] or f"{item.name.upper()}={shown(item.metadata['stand_in'])}"


def shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def sections(table: type) -> Iterator[tuple[str, list[Field]]]:
    """The fields under the headings that the source gives them."""
    items = {item.name: item for item in fields(table)}
    heading = ""
    members: list[Field] = []
    for line in inspect.getsource(table).splitlines():
        if line.startswith("    # "):
            if members:
                yield heading, members
            heading, members = line.removeprefix("    # "), []
        elif (name := line.strip().partition(":")[0]) in items:
            members.append(items[name])
    if members:
        yield heading, members


def as_example(table: type) -> str:
    """The text of `.env.example`."""
    blocks = ["# Copy to .env and change what you need: nothing is needed on your own machine.\n"]
    for heading, members in sections(table):
        lines = [f"# {heading}"]
        for item in members:
            lines += [f"# {item.metadata['help']}", f"# {item.name.upper()}={shown_default(item)}"]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def as_table(table: type) -> str:
    """The table for the documentation."""
    blocks = []
    for heading, members in sections(table):
        rows = [f"## {heading}\n", "| variable | what it does | default |", "|---|---|---|"]
        for item in members:
            cell = "needed in production" if item.metadata["required"] else f"`{shown_default(item) or ' '}`"
            rows.append(f"| `{item.name.upper()}` | {item.metadata['help']} | {cell} |")
        blocks.append("\n".join(rows) + "\n")
    return "\n".join(blocks)


def shown_default(item: Field) -> str:
    """Local stand-ins are not shown: they must not be copied."""
    return "" if item.metadata["required"] else shown(item.metadata["stand_in"])
