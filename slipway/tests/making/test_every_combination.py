"""Every combination of features, checked by the files that differ.

The combinations share most of their files: each distinct content of a path is parsed, linted and searched once.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.template import engines

from slipway import catalogue, locks
from slipway.cut import CATALOGUE
from slipway.headings import heading
from slipway.rehearse.check import check
from slipway.tests.making import projects
from slipway.tests.making.projects import Features, name, run
from slipway.tree import Files, text

# One worker of pytest-xdist makes the combinations; all tests that need them run there.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("every combination")]

KNOWN = catalogue.read(projects.template()[CATALOGUE].decode())


def test_no_cut_depends_on_more_than_two_features() -> None:
    """Then a combination of any two features that works is enough for all of them."""
    assert [shared for shared in KNOWN.shared if len(shared.features) > 2] == []
    assert [swap for swap in KNOWN.swaps if len(swap.without) > 2] == []
    for path, content in projects.template().items():
        for line in (text(content) or "").split("\n"):
            found = heading(line, KNOWN.titles)
            assert not found or len(found.titles) <= 2, f"{path}: {line}"


def parse_python(path: str, content: bytes) -> None:
    with warnings.catch_warnings(action="error"):
        compile(content, path, "exec")


def parse_script(path: str, content: bytes) -> None:
    if content.startswith(b"#!/usr/bin/env bash"):
        subprocess.run(["bash", "-n"], input=content, check=True)
    elif b"python" in content.partition(b"\n")[0]:
        parse_python(path, content)


PARSERS: dict[str, Callable[[str, bytes], object]] = {
    ".py": parse_python,
    ".toml": lambda path, content: tomllib.loads(content.decode()),
    ".json": lambda path, content: json.loads(content),
    ".yaml": lambda path, content: yaml.safe_load(content),
    ".yml": lambda path, content: yaml.safe_load(content),
    ".html": lambda path, content: engines["django"].from_string(content.decode()),
    ".sh": parse_script,
    "": parse_script,
}


def test_every_file_can_be_parsed() -> None:
    for path, content, where in projects.distinct_files():
        if parse := PARSERS.get(Path(path).suffix):
            try:
                parse(path, content)
            except Exception as error:
                pytest.fail(f"{path} {name(where[0])}: {error}")


def test_every_file_is_formatted_and_linted(tmp_path: Path) -> None:
    """The project with all features, once for each variant that a file has."""
    variants: dict[str, list[bytes]] = defaultdict(list)
    for path, content, _ in projects.distinct_files():
        variants[path].append(content)
    for number in range(max(map(len, variants.values()))):
        for path, contents in variants.items():
            if number < len(contents):
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_bytes(contents[number])
        run(tmp_path, "ruff", "format", "--check", "--no-cache", ".")
        run(tmp_path, "ruff", "check", "--no-cache", ".")


def test_no_file_mentions_a_feature_that_is_left_out() -> None:
    found = []
    for path, content, where in projects.distinct_files():
        words = text(content) or ""
        for key in {*KNOWN.features, "template"} if words else ():
            out = [without for without in where if key == "template" or key in without]
            lines = [words.count("\n", 0, place) for place in KNOWN.features[key].mentions(words)] if out else []
            found += [
                f"{path}:{line + 1} {name(out[0])}: {words.splitlines()[line].strip()}"
                for line in lines
                if not may_mention(path, words.splitlines()[line])
            ]

    assert found == []


def may_mention(path: str, line: str) -> bool:
    """bin/template knows the template's commands, and pyproject.toml its address."""
    return path == "tools/template.py" or (path == "pyproject.toml" and line.startswith("address = "))


def test_every_import_is_installed() -> None:
    known = packages_distributions()
    for without, project in projects.all_projects().items():
        pinned = locks.pinned(project["requirements/development.txt"].decode())
        for path, content in project.items():
            for module in imports(content) if path.endswith(".py") else ():
                distributions = {locks.in_a_lock(found) for found in known.get(module.partition(".")[0], [])}
                assert distributions & pinned or is_its_own(module, project), f"{path} {name(without)}: {module}"


@cache
def imports(content: bytes) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return found


def is_its_own(module: str, project: Files) -> bool:
    path = module.replace(".", "/")
    return module.partition(".")[0] in sys.stdlib_module_names or any(
        own == f"{path}.py" or own.startswith(f"{path}/") for own in project
    )


def with_distinct(pattern: str) -> Iterator[tuple[Features, Files]]:
    """One combination for each distinct content of the files whose paths match, among those with any three features."""
    known = set()
    for without in projects.THREEWISE:
        project = projects.all_projects()[without]
        own = [path for path in sorted(project) if re.match(pattern, path)]
        content = sha256(b"\0".join(path.encode() + b"\0" + project[path] for path in own)).digest()
        if content not in known:
            known.add(content)
            yield without, project


def test_every_blueprint_passes_the_check(tmp_path: Path) -> None:
    for number, (_, project) in enumerate(with_distinct(r"(deploy/)?render")):
        folder = tmp_path / str(number)
        if "render.yaml" in project:
            projects.write(project, folder)
            for blueprint in sorted([*folder.glob("render*.yaml"), *folder.glob("deploy/render*.yaml")]):
                assert check(blueprint) == []


DEVELOPMENT, BUILD = "config.settings.development", "config.settings.build"
# Several commands of Django in one process.
COMMANDS = """
import sys
from django.core.management import execute_from_command_line
for line in sys.argv[1:]:
    execute_from_command_line(["manage.py", *line.split()])
"""


def test_every_site_passes_its_checks_and_migrates(tmp_path: Path) -> None:
    for number, (_, project) in enumerate(with_distinct(r"(apps|config)/|manage\.py")):
        folder = tmp_path / str(number)
        projects.write(project, folder)
        commands = ["check --fail-level WARNING", "makemigrations --check --dry-run", "migrate --verbosity 0"]
        run(folder, "python", "-W", "error", "-c", COMMANDS, *commands, DJANGO_SETTINGS_MODULE=DEVELOPMENT)


def test_every_site_collects_its_static_files(tmp_path: Path) -> None:
    for number, (_, project) in enumerate(with_distinct(r"apps/.*/static/")):
        folder = tmp_path / str(number)
        projects.write(project, folder)
        run(folder, "python", "-W", "error", "manage.py", "collectstatic", "--noinput", DJANGO_SETTINGS_MODULE=BUILD)


@pytest.mark.parametrize(
    ("without", "files", "lines", "entries"), [([], 306, 18_050, 20), (projects.FEATURES, 195, 9_550, 15)]
)
def test_a_project_stays_small(without: list[str], files: int, lines: int, entries: int) -> None:
    """Locks don't count. A change that exceeds a limit should delete something, or give a reason for a new limit."""
    project = projects.files(projects.possible(without))
    own = {path: content for path, content in project.items() if not re.fullmatch(r"requirements/.*\.txt", path)}

    assert len(own) <= files
    assert sum(content.count(b"\n") for content in own.values()) <= lines
    assert len({path.partition("/")[0] for path in own if not path.startswith(".")}) <= entries
