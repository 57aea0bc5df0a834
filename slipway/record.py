"""What a project remembers of how it was made, in `pyproject.toml`: the template, its commit, and the answers."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.names import PROJECT, quoted
from slipway.tree import Files

HEAD = """
[tool.template]
# What this project was made from: bin/update takes over what has changed there since.
"""


def read(files: Files) -> dict[str, Any]:
    """Empty for what was not made from anything."""
    return tomllib.loads(files[PROJECT].decode()).get("tool", {}).get("template", {})


def of(project: Path) -> dict[str, Any]:
    """What the one in this folder remembers."""
    return read({PROJECT: (project / PROJECT).read_bytes()})


def write(files: Files, record: Mapping[str, Any]) -> Files:
    """At the end of the file, in place of what was remembered before."""
    before = re.sub(r"\n\[tool\.template\]\n(.+\n)*", "", files[PROJECT].decode())
    lines = (f"{name} = {value_of(value)}\n" for name, value in record.items())
    return {**files, PROJECT: f"{before}{HEAD}{''.join(lines)}".encode()}


def value_of(value: str | int | tuple[str, ...] | list[str]) -> str:
    if isinstance(value, int):
        return str(value)
    return quoted(value) if isinstance(value, str) else f"[{', '.join(map(quoted, value))}]"
