"""What Render's schema rejects is rejected: tested with many changes to each part of a large Blueprint."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.rehearse.errors import InvalidBlueprint, Problem
from slipway.rehearse.rules.schema import schema_problems
from slipway.rehearse.yaml_nodes import read_yaml
from slipway.tests.rehearse.repositories import BLUEPRINTS
from tests.commands import ROOT

# drf-spectacular brings it.
jsonschema = pytest.importorskip("jsonschema")

SCHEMA = ROOT.parent / "shared/render.schema.json"
EVERYTHING = BLUEPRINTS / "everything.yaml"
STRANGE: list[Any] = [None, True, 0, 301, 1.5, "strange", "7", [], {}, ["x"]]
ADDED = ("strange", "env", "plan", "value", "name", "type", "region", "image", "buildSources")

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Spoilt:
    how: str
    data: Any
    problems: list[Problem]


@pytest.fixture(scope="module")
def all_spoilt(tmp_path_factory: pytest.TempPathFactory) -> list[Spoilt]:
    path = tmp_path_factory.mktemp("spoilt") / "render.yaml"
    data = yaml.safe_load(EVERYTHING.read_text())
    return [Spoilt(how, mutant, found(mutant, path)) for how, mutant in spoilt(data)]


def found(data: Any, path: Path) -> list[Problem]:
    """What is wrong with data as a Blueprint; JSON is YAML."""
    path.write_text(json.dumps(data))
    try:
        return list(schema_problems(read_yaml(path)))
    except InvalidBlueprint as error:
        return error.problems


@pytest.fixture(scope="module")
def schema() -> Any:
    if not SCHEMA.exists():
        pytest.skip("without Render's schema beside the project")
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else []
    for key, value in inside:
        yield from places(value, (*place, key))


def spoilt(data: Any) -> Iterator[tuple[str, Any]]:
    for place in places(data):
        for value in STRANGE:
            yield f"{place} is {value!r}", replaced(data, place, value)
        if place:
            yield f"{place} is gone", removed(data, place)
        if isinstance(at(data, place), dict):
            for key in ADDED:
                if key not in at(data, place):
                    yield f"{place} has {key}", replaced(data, (*place, key), "x")


def replaced(data: Any, place: Place, value: Any) -> Any:
    whole = copy(data)
    at(whole, ("root", *place)[:-1])[("root", *place)[-1]] = value
    return whole["root"]


def removed(data: Any, place: Place) -> Any:
    whole = copy(data)
    del at(whole, ("root", *place)[:-1])[place[-1]]
    return whole["root"]


def copy(data: Any) -> dict[str, Any]:
    """With something around it, so that the whole can be replaced as each part can."""
    # Quicker than deepcopy.
    return {"root": json.loads(json.dumps(data))}


def at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data


def test_the_rich_blueprint_is_accepted_by_both(schema: Any) -> None:
    assert list(schema_problems(read_yaml(EVERYTHING))) == []
    assert schema.is_valid(yaml.safe_load(EVERYTHING.read_text()))


def test_whatever_the_schema_rejects_is_rejected(schema: Any, all_spoilt: list[Spoilt]) -> None:
    accepted = [it for it in all_spoilt if not it.problems]

    assert [it.how for it in accepted if not schema.is_valid(it.data)] == []
    # Else it would be enough to reject all of them.
    assert len(accepted) > 100


def test_every_problem_has_a_line_and_a_hint(all_spoilt: list[Spoilt]) -> None:
    every = {problem for it in all_spoilt for problem in it.problems}

    assert [problem for problem in every if not (problem.line >= 1 and problem.message and problem.hint)] == []
