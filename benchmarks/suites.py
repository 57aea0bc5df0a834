"""The benchmark suites, each a module of this folder. `memory` measures the processes of the others."""

from importlib import import_module
from typing import Any

SUITES = [
    "web",
    "memory",
    # Celery
    "tasks",
    # Channels
    "sockets",
]


def load_suite(name: str) -> Any:
    return import_module(f"benchmarks.{name}")
