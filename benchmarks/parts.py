"""What can be measured, by a module of this folder each. `memory` looks at what the others start."""

from importlib import import_module
from typing import Any

PARTS = [
    "web",
    "memory",
    # Celery
    "tasks",
    # Channels
    "sockets",
]


def part(name: str) -> Any:
    return import_module(f"benchmarks.{name}")
