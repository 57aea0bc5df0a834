"""How a project was made: the template, its commit and the answers, in [tool.template] of pyproject.toml."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.answers import FEATURES, Answers, complete
from slipway.names import PROJECT, quoted
from slipway.tree import Files

HEAD = """[tool.template]
# What this project was made from. Change it with bin/template only.
"""

Record = dict[str, Any]


def of(project: Path) -> Record:
    """The record of the project in this folder. Empty where there is none."""
    try:
        table = tomllib.loads((project / PROJECT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    found: Record = table.get("tool", {}).get("template", {})
    return found


def make(answers: Answers, *, address: str, commit: str, year: int) -> Record:
    """The year is last: a section that a user adds behind it touches no line that ever changes."""
    texts = {name: text for name, text in vars(answers).items() if name != "without"}
    features = [key for key in FEATURES if key not in answers.without]
    return {"address": address, "commit": commit, "features": features, **texts, "year": year}


def answers(record: Record) -> Answers:
    """The recorded answers. A feature that the template gained later is left out until it is added."""
    texts = {name: text for name, text in record.items() if isinstance(text, str)}
    return complete(texts, tuple(key for key in FEATURES if key not in record.get("features", [])))


def write(files: Files, record: Record) -> Files:
    """In place of the template's own section."""
    before = re.sub(r"\n\[tool\.slipway\]\n(.+\n)*", "", files[PROJECT].decode())
    return {**files, PROJECT: f"{before}\n{table(record)}".encode()}


def table(record: Mapping[str, Any]) -> str:
    return HEAD + "".join(f"{name} = {value_of(value)}\n" for name, value in record.items())


def value_of(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(quoted, value))}]"
    return str(value) if isinstance(value, int) else quoted(value)
