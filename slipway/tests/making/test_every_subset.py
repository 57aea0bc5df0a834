"""Whatever is left out: what is left is whole, clean, and does not speak of what is not there."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from slipway import catalogue, locks
from slipway.answers import FEATURES
from slipway.cut import CATALOGUE
from slipway.rehearse.check import check
from slipway.tests.making import projects
from slipway.tests.making.projects import SUBSETS, name, run
from slipway.tree import Files, text

pytestmark = pytest.mark.slow

KNOWN = catalogue.read(projects.template()[CATALOGUE].decode()).features
# The rehearsal knows all that a Blueprint may hold, whatever ours does; and an update calls the template.
REHEARSAL = ("slipway/rehearse/", "slipway/tests/rehearse/")
MAY_SPEAK_OF = {
    "celery": REHEARSAL,
    "channels": REHEARSAL,
    "docker": REHEARSAL,
    "template": ("slipway/update.py",),
}
CREDIT = re.compile(r"\nMade from .*\n\Z|\n\[tool\.template\]\n(.+\n)*")

every_subset = pytest.mark.parametrize("without", SUBSETS, ids=name)


def mentions(project: Files, feature: str) -> Iterator[str]:
    for path, content in project.items():
        words = CREDIT.sub("", text(content) or "")
        for place in KNOWN[feature].mentions(words):
            line = words.count("\n", 0, place)
            yield f"{path}:{line + 1}: {words.splitlines()[line].strip()}"


@every_subset
def test_nothing_speaks_of_what_is_not_there(without: tuple[str, ...]) -> None:
    project = projects.files(without)

    for feature in (*without, "template"):
        allowed = MAY_SPEAK_OF.get(feature, ())
        assert [place for place in mentions(project, feature) if not place.startswith(tuple(allowed))] == []


@pytest.mark.parametrize("feature", MAY_SPEAK_OF)
def test_what_may_speak_of_it_does(feature: str) -> None:
    found = list(mentions(projects.files({feature} & {*FEATURES}), feature))

    assert [folder for folder in MAY_SPEAK_OF[feature] if not any(place.startswith(folder) for place in found)] == []


@every_subset
def test_what_is_imported_is_installed(without: tuple[str, ...]) -> None:
    project = projects.files(without)
    pinned = locks.pinned(project["requirements/development.txt"].decode())
    known = packages_distributions()

    for path, module in imports(project):
        dists = {locks.in_a_lock(dist) for dist in known.get(module.partition(".")[0], [])}
        assert dists & pinned or is_ours(module, project), f"{path} imports {module}"


def imports(project: Files) -> Iterator[tuple[str, str]]:
    for path, content in project.items():
        if path.endswith(".py") and not path.startswith("slipway/tests/rehearse/sample/"):
            for node in ast.walk(ast.parse(content)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                yield from ((path, module) for module in names)


def is_ours(module: str, project: Files) -> bool:
    path = module.replace(".", "/")
    return module.partition(".")[0] in sys.stdlib_module_names or bool(
        {f"{path}.py", f"{path}/__init__.py"} & project.keys()
    )


@every_subset
def test_it_is_clean_and_true_to_its_documents(without: tuple[str, ...], tmp_path: Path) -> None:
    projects.write(projects.files(without), tmp_path)

    run(tmp_path, "ruff", "format", "--check", ".")
    run(tmp_path, "ruff", "check", ".")
    places = [place for place in ("tests/deploy",) if (tmp_path / place).exists()]
    run(tmp_path, "python", "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", *places, SERVICES="none")
    for blueprint in sorted([*tmp_path.glob("render*.yaml"), *tmp_path.glob("deploy/render*.yaml")]):
        assert check(blueprint) == []
