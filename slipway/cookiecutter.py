"""What cookiecutter needs: the extension that cookiecutter.json names, and what the hook calls."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# cookiecutter brings it, and nothing else imports this module.
from jinja2 import Environment
from jinja2.ext import Extension

# Before other packages that may be called `tools`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from slipway.answers import CHECKS, DEFAULTS, FEATURES, QUESTIONS, ROOT, AnswerError, Answers, complete

# All texts that are templates. Every other text comes from the user, and is no template.
TEMPLATES = {
    *(text for text in QUESTIONS.values() if isinstance(text, str)),
    "{{cookiecutter.project_slug}}",
    (ROOT / "hooks/post_gen_project.py").read_text(encoding="utf-8"),
}


class Questions(Extension):
    """Gives cookiecutter our defaults and checks, and its hook the template's folder: hooks run in another one."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["default_of"] = lambda given, name: DEFAULTS[name](given)
        environment.filters["checked"] = checked
        environment.globals["template"] = str(ROOT)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """An answer such as {{ 7*7 }} stays as it is."""
        if name is not None or "{" not in source or source.rstrip("\n") in {text.rstrip("\n") for text in TEMPLATES}:
            return source
        return f"{{{{ {source!a} }}}}"


def checked(given: Mapping[str, Any]) -> Answers:
    """Ends cookiecutter before it makes anything, with a command that has all good answers in it."""
    try:
        return answers_of(given)
    except AnswerError as error:
        good = [f"{name}={given[name]}" for name in DEFAULTS if not CHECKS[name](given[name])]
        left_out = [f"{key}=no" for key in FEATURES if not given[key]]
        asked = [text for text in sys.argv[1:] if text.partition("=")[0] not in QUESTIONS]
        print(error, file=sys.stderr)
        print(f"Your other answers:  {shlex.join(['cookiecutter', *asked, *good, *left_out])}", file=sys.stderr)
        sys.exit(1)


def answers_of(given: Mapping[str, Any]) -> Answers:
    return complete(given, without=tuple(key for key in FEATURES if not given[key]))


def write_project(given: str) -> None:
    """Called by the hook, in the folder that cookiecutter made or, with -f, in one that holds files already."""
    from slipway import tree
    from slipway.project import begin_history, out_of

    folder, answers = Path.cwd(), answers_of(json.loads(given))
    is_new = [path.name for path in folder.iterdir()] == ["README.md"]
    files = out_of(tree.read(ROOT), answers)
    tree.write(files, folder)
    problem = "The folder held other files, so nothing was committed."
    if not is_new or (problem := begin_history(folder, files, answers)):
        print(problem, file=sys.stderr)
