"""Declare environment variables as the fields of a dataclass, and read them. The table itself is in config/env.py."""

import inspect
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from decouple import Config, Csv, RepositoryEmpty, RepositoryEnv

from config.processes import PROCESSES

T = TypeVar("T")
# Returns what is wrong with a value, or None.
Validator = Callable[[Any], str | None]

TYPE_ERRORS: dict[Any, str] = {
    int: "must be a whole number",
    float: "must be a number",
    bool: "must be true or false",
}


@dataclass(frozen=True)
class Problem:
    """A variable that is missing or invalid, and how to fix it. Never contains the value."""

    name: str
    message: str
    help: str
    fix: str

    def __str__(self) -> str:
        label = "Example" if "=" in self.fix else "Generate one"
        fix = f"\n      {label}:  {self.fix}" if self.fix else ""
        return f"  {self.name} {self.message}. {self.help}{fix}"


def var(
    help: str,
    *,
    default: Any = MISSING,
    local: Any = MISSING,
    fix: str = "",
    validator: Validator | None = None,
    needed_by: Collection[str] = tuple(PROCESSES),
    unless: str = "",
) -> Any:
    """Declare a variable.

    `default` is used wherever the variable is not set. `local` is used outside production only: production must set
    the variable for the processes in `needed_by`, unless the variable named by `unless` is set.
    """
    metadata = {
        "help": help,
        "fix": fix,
        "validator": validator,
        "required": default is MISSING,
        "fallback": local if default is MISSING else default,
        "needed_by": needed_by,
        "unless": unless,
    }
    return field(repr=False, metadata=metadata)


def matches(pattern: str, message: str) -> Validator:
    """Validate that the text, or each text of the list, matches the whole pattern."""

    def validate(value: str | list[str]) -> str | None:
        texts = [value] if isinstance(value, str) else value
        return None if all(re.fullmatch(pattern, text) for text in texts) else message

    return validate


def url(*schemes: str, message: str) -> Validator:
    """Validate a URL. Special characters in a password must be percent-encoded, or its end is read as the path."""
    hint = f"{message} In a password, write %2F for /, %23 for #, %3F for ? and %40 for @"

    def validate(value: str) -> str | None:
        try:
            address = urlsplit(value)
            # Raises an error for a port that is no number.
            is_valid = address.scheme in schemes and address.port != 0
        except ValueError:
            return hint
        rest = address.path + address.query + address.fragment
        return None if is_valid and not re.search(r"[\s@]", rest) else hint

    return validate


def in_range(low: float, high: float = float("inf")) -> Validator:
    message = f"must be at least {low}" if high == float("inf") else f"must be between {low} and {high}"
    return lambda number: None if low <= number <= high else message


def read(table: type[T], *, dotenv: Path | None, process: str | None) -> tuple[T, list[Problem]]:
    """Read all variables, first from the environment, then from the file.

    `process` is the production process whose variables are required. The fallback replaces a missing or invalid value.
    """
    config = Config(RepositoryEnv(str(dotenv)) if dotenv and dotenv.is_file() else RepositoryEmpty())
    items = fields(table)  # type: ignore[arg-type]
    # An empty variable counts as unset: some platforms set empty ones.
    is_set = {item.name for item in items if config(item.name.upper(), default="").strip()}
    values: dict[str, Any] = {}
    problems = []
    for item in items:
        values[item.name], message = convert(item, config) if item.name in is_set else fallback(item, is_set, process)
        if message:
            problems.append(Problem(item.name.upper(), message, item.metadata["help"], item.metadata["fix"]))
    return table(**values), problems


def convert(item: Field, config: Config) -> tuple[Any, str | None]:
    try:
        value = config(item.name.upper(), cast=Csv() if item.type == list[str] else item.type)
    except ValueError:
        return item.metadata["fallback"], TYPE_ERRORS[item.type]
    validator = item.metadata["validator"]
    return value, validator(value) if validator else None


def fallback(item: Field, is_set: set[str], process: str | None) -> tuple[Any, str | None]:
    if item.metadata["unless"] in is_set:
        return item.type(), None  # type: ignore[operator]
    missing = item.metadata["required"] and process in item.metadata["needed_by"]
    return item.metadata["fallback"], "is missing" if missing else None


def error_message(title: str, problems: list[Problem]) -> str:
    count = "1 variable is" if len(problems) == 1 else f"{len(problems)} variables are"
    return "\n\n".join(
        [
            f"{title} is not ready: {count} missing or invalid.",
            *map(str, problems),
            "docs/environment.md describes all variables. To check again: python manage.py doctor",
        ]
    )


def unknown_lines(table: type, dotenv: Path | None) -> Iterator[str]:
    """The lines of a `.env` file that have no effect: malformed ones, and names that the table doesn't declare."""
    names = [item.name.upper() for item in fields(table)]
    if not dotenv or not dotenv.is_file():
        return
    for number, line in enumerate(dotenv.read_text().splitlines(), 1):
        name, equals, _ = line.partition("=")
        name = name.strip()
        # Names with COMPOSE_ are for another program that reads the same file.
        if not name or name.startswith(("#", "COMPOSE_")) or name in names:
            continue
        if not equals or not re.fullmatch(r"\w+", name):
            yield f"Line {number} of {dotenv.name} is not like NAME=value and has no effect."
            continue
        similar = get_close_matches(name, names, 1)
        hint = f"Did you mean {similar[0]}?" if similar else "Variables are declared in config/env.py."
        yield f"{name} in line {number} of {dotenv.name} is unknown. {hint}"


def sections(table: type) -> Iterator[tuple[str, list[Field]]]:
    """The fields below each `# Heading` comment in the source of the table."""
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


def write_docs(table: type, root: Path) -> None:
    (root / ".env.example").write_text(example_file(table))
    page = root / "docs" / "environment.md"
    page.write_text(page.read_text().partition("\n## ")[0].rstrip() + "\n\n" + documentation(table))


def example_file(table: type) -> str:
    """The text of `.env.example`."""
    blocks = ["# Copy this file to .env and uncomment what you want to change. Development works without it.\n"]
    for heading, members in sections(table):
        lines = [f"# {heading}"]
        for item in members:
            lines += [f"# {item.metadata['help']}", f"# {item.name.upper()}={documented_default(item)}"]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def documentation(table: type) -> str:
    """The tables of docs/environment.md."""
    blocks = []
    for heading, members in sections(table):
        rows = [f"## {heading}\n", "| Variable | Description | Default |", "|---|---|---|"]
        for item in members:
            default = documented_default(item)
            cell = "required in production" if item.metadata["required"] else f"`{default}`" if default else "empty"
            rows.append(f"| `{item.name.upper()}` | {item.metadata['help']} | {cell} |")
        blocks.append("\n".join(rows) + "\n")
    return "\n".join(blocks)


def documented_default(item: Field) -> str:
    """Values for development are left out: nobody should copy them to a server."""
    return "" if item.metadata["required"] else as_text(item.metadata["fallback"])


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
