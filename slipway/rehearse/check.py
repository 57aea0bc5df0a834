"""Reads a Blueprint as Render would, and says what is wrong with it."""

import argparse
import sys
from pathlib import Path

from slipway.rehearse.blueprint import repository
from slipway.rehearse.nodes import compose
from slipway.rehearse.problems import BlueprintError, Problem
from slipway.rehearse.rules import problems
from slipway.rehearse.rules.repository import Repository


def check(path: Path) -> list[Problem]:
    try:
        return problems(compose(path), Repository(repository(path)))
    except BlueprintError as error:
        return error.problems


def show(path: Path, found: list[Problem]) -> str:
    if not found:
        return f"{path} is in order."
    lines = [f"{path}:{problem.line}: {problem.message}\n    {problem.hint}" for problem in found]
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    return "\n".join([*lines, "", f"{count} in {path}."])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/rehearse --check", description="Say what is wrong with a Blueprint.")
    parser.add_argument("blueprint", nargs="?", type=Path, default=Path("render.yaml"))
    path = parser.parse_args(arguments).blueprint
    found = check(path)
    print(show(path, found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
