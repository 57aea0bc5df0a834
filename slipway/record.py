"""What a project records of how it was made, in pyproject.toml: the template, its commit, and the answers."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.answers import FEATURES, Answers, complete
from slipway.names import PROJECT, quoted
from slipway.tree import Files

HEAD = """
[tool.template]
# What this project was made from, for bin/template.
"""


def of(project: Path) -> dict[str, Any]:
    """The record of the project in this folder. Empty where there is none."""
    text = (project / PROJECT).read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text).get("tool", {}).get("template", {})
    return found


def answers(record: Mapping[str, Any]) -> Answers:
    """The recorded answers. A feature that the template gained later is left out until it is added."""
    texts = {name: text for name, text in record.items() if isinstance(text, str)}
    return complete(texts, tuple(key for key in FEATURES if key not in record["features"]))


def write(files: Files, answers: Answers, *, address: str, commit: str, year: int) -> Files:
    texts = {name: text for name, text in vars(answers).items() if name != "without"}
    features = [key for key in FEATURES if key not in answers.without]
    record = {"address": address, "commit": commit, "features": features, **texts, "year": year}
    before = re.sub(r"\n\[tool\.slipway\]\n(.+\n)*", "", files[PROJECT].decode())
    lines = (f"{name} = {value_of(value)}\n" for name, value in record.items())
    return {**files, PROJECT: f"{before}{HEAD}{''.join(lines)}".encode()}


def value_of(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(quoted, value))}]"
    return str(value) if isinstance(value, int) else quoted(value)
