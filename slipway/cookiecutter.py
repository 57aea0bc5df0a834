"""cookiecutter's door: what its questions and its hook need of us."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# cookiecutter brings it, and nobody else comes in here.
from jinja2 import Environment
from jinja2.ext import Extension

# Before other packages that may be called `tools`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from slipway.answers import DEFAULTS, FEATURES, ROOT, AnswerError, Answers, complete


class Door(Extension):
    """Tells cookiecutter the defaults, and its hook where the template is: it runs in another folder."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["default_of"] = lambda given, name: DEFAULTS[name](given)
        environment.filters["checked"] = answers_of
        environment.globals["template"] = str(ROOT)


def answers_of(given: Mapping[str, Any]) -> Answers:
    """Ends cookiecutter where they make no sense: a hook that refused would be told of with a traceback."""
    try:
        return complete(given, without=tuple(key for key in FEATURES if not given[key]))
    except AnswerError as complaint:
        sys.exit(str(complaint))


def move_in(given: str) -> None:
    from slipway import tree
    from slipway.project import begin_history, make

    folder, answers = Path.cwd(), answers_of(json.loads(given))
    files = make(answers)
    tree.write(files, folder)
    if problem := begin_history(folder, files, answers):
        print(problem, file=sys.stderr)
