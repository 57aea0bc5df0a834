"""Imports point one way: apps import config's helpers, and config imports apps in its entry points only."""

import ast
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from tests.commands import ROOT

ENTRY_POINTS = {"config.urls", "config.asgi", "config.celery"}


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {
    module_name(path.relative_to(ROOT).as_posix()): path
    for folder in ("apps", "config")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def executed_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes outside functions and `if TYPE_CHECKING`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield from executed_at_import(child)


def imports(name: str, *, everywhere: bool) -> set[str]:
    """The modules of `apps` and `config` that a module imports: when it is imported itself, or everywhere."""
    path = MODULES[name]
    tree = ast.parse(path.read_text())
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(tree) if everywhere else executed_at_import(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            names = {f"{source}.{alias.name}" for alias in node.names}
            found |= {full if full in MODULES else source for full in names}
    return found & MODULES.keys()


def owner(name: str) -> frozenset[str]:
    """The optional features without which a project doesn't have this module."""
    table = tomllib.loads((ROOT / "slipway/features.toml").read_text())
    shared = [(frozenset(entry["features"]), entry["files"]) for entry in table.pop("shared", [])]
    table.pop("swap", None)
    owners = [(frozenset([key]), entry["files"]) for key, entry in table.items()] + shared
    path = MODULES[name].relative_to(ROOT).as_posix()
    return next(
        (keys for keys, files in owners if any(f"{path}/".startswith(f"{file}/") for file in files)), frozenset()
    )


def test_config_imports_apps_in_entry_points_only() -> None:
    wrong = {
        f"{name} imports {imported}"
        for name in MODULES.keys() - ENTRY_POINTS
        if name.startswith("config.")
        for imported in imports(name, everywhere=True)
        if imported.startswith("apps.")
    }

    assert sorted(wrong) == []


def test_core_apps_import_no_optional_feature() -> None:
    wrong = {
        f"{name} imports {imported}"
        for name in MODULES
        if name.startswith("apps.") and not owner(name)
        for imported in imports(name, everywhere=True)
        if imported.startswith("apps.") and owner(imported)
    }

    assert sorted(wrong) == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    graph = {name: imports(name, everywhere=False) - {name} for name in MODULES}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"A circle of imports: {' <- '.join(error.args[1])}") from None
