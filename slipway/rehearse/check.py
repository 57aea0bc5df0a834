"""`python -m slipway check [BLUEPRINT]` and `bin/rehearse --check`: find mistakes in a Blueprint without running it."""

import argparse
from pathlib import Path

from slipway.rehearse.blueprint import default_blueprint, repository_of
from slipway.rehearse.errors import InvalidBlueprint, Problem
from slipway.rehearse.rules import find_problems
from slipway.rehearse.rules.repository import Repository
from slipway.rehearse.yaml_nodes import read_yaml


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/rehearse --check", description="Find mistakes in a Render Blueprint.")
    parser.add_argument("blueprint", nargs="?", type=Path, help="render.yaml of this repository, if left out")
    return print_problems(parser.parse_args(arguments).blueprint or default_blueprint())


def print_problems(path: Path) -> int:
    problems = check(path)
    for problem in problems:
        print(f"{path}:{problem.line}: {problem.message}\n    {problem.hint}")
    count = {0: "No problems", 1: "1 problem"}.get(len(problems), f"{len(problems)} problems")
    print(f"{count} in {path}.")
    return 1 if problems else 0


def check(path: Path) -> list[Problem]:
    try:
        return find_problems(read_yaml(path), Repository(repository_of(path)))
    except InvalidBlueprint as error:
        return error.problems
