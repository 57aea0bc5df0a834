"""In every combination of features, documents name what exists, and code defines only what is used."""

import ast
import re
from collections import Counter
from functools import cache
from posixpath import dirname, join, normpath

import pytest

from slipway.tests.making import projects
from slipway.tests.making.projects import Files, name

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("every combination")]

LINK = re.compile(r"\]\((?!\w+://)([^)#]*)#?([^)]*)\)")
NAMED = re.compile(r"(?<![\w/.-])(bin/[a-z-]+|(?:apps|config|docs|requirements|tests|tools)/[\w/-]+\.\w+)")
# Called by Django, gunicorn and pytest. Settings of libraries and the configuration of gunicorn are read there, too.
HOOKS = re.compile(r"\w+Config|\w+Extension|Command|handler\d+|pytest_\w+|REST_FRAMEWORK|(CELERY|CORS)_\w+")


def test_documents_refer_to_what_exists() -> None:
    # By reference, with one of the combinations in which it is missing.
    missing = {
        f"{path}: {reference}": name(without)
        for path, content, where in projects.distinct_files()
        if path.endswith(".md")
        for without in where
        for reference in missing_references(path, content.decode(), projects.all_projects()[without])
    }

    assert missing == {}


def missing_references(path: str, text: str, project: Files) -> list[str]:
    missing = [named for named in NAMED.findall(text) if named not in project and not named.startswith("apps/notes/")]
    for file, heading in LINK.findall(text):
        target = normpath(join(dirname(path), file)) if file else path
        is_folder = any(other.startswith(f"{target}/") for other in project)
        if not (target in project or is_folder) or (heading and heading not in headings(project[target])):
            missing.append(f"{file}#{heading}")
    return missing


@cache
def headings(document: bytes) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    titles = re.findall(r"(?m)^#+ (.+)$", document.decode())
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


def test_definitions_are_used() -> None:
    unused: dict[str, str] = {}
    for without, project in projects.all_projects().items():
        used: Counter[str] = Counter()
        for path, content in project.items():
            if not path.endswith((".md", ".txt")):
                used.update(words(content))
        for path, content in project.items():
            if path.endswith(".py") and not re.search(r"migrations/|settings/|/test_|config/gunicorn", path):
                unused |= {f"{path}: {found}": name(without) for found in definitions(content) if used[found] < 2}

    assert unused == {}


@cache
def words(content: bytes) -> Counter[str]:
    return Counter(re.findall(r"\w+", content.decode(errors="replace")))


@cache
def definitions(content: bytes) -> list[str]:
    """Functions, classes and variables of a module, without those that a decorator registers."""
    found = []
    for node in ast.parse(content).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.decorator_list:
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [name for name in found if not HOOKS.fullmatch(name)]


def test_environment_variables_are_used() -> None:
    unused: dict[str, str] = {}
    for without, project in projects.all_projects().items():
        code = b"".join(content for path, content in project.items() if path.endswith(".py"))
        read = set(re.findall(rb"\b(?:env|self)\.(\w+)", code))
        declared = re.findall(rb"(?m)^    (\w+): \w+ = var\(", project["config/env.py"])
        unused |= {found.decode(): name(without) for found in declared if found not in read}

    assert unused == {}


def test_helpers_of_tests_are_used() -> None:
    unused: dict[str, str] = {}
    for without, project in projects.all_projects().items():
        helpers = [match[1] for path in project if (match := re.fullmatch(r"tests/((?!test_)\w+)\.py", path))]
        imported = b"\n".join(content for path, content in project.items() if not path.endswith(".md"))
        unused |= {
            helper: name(without)
            for helper in helpers
            if helper not in ("__init__", "conftest") and f"tests.{helper}".encode() not in imported
        }

    assert unused == {}
