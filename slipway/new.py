"""`python -m slipway new PATH`: makes a project, and asks in the terminal what it needs to know."""

import argparse
import shlex
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from slipway import record, tree
from slipway.answers import DEFAULTS, FEATURES, PROMPTS, ROOT, AnswerError, complete
from slipway.project import begin_history, git_output, out_of
from slipway.questions import ask
from tools.template import TemplateError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="the folder to make, such as ../mysite")
    for name in DEFAULTS:
        parser.add_argument(f"--{name.removeprefix('project_').replace('_', '-')}", dest=name, help=PROMPTS[name])
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=FEATURES,
        metavar="FEATURE",
        help=f"leave out a feature; may be repeated: {', '.join(FEATURES)}",
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing, and use the defaults for what is not given")
    # Newer and older versions of the tool run `new PATH --like PROJECT --no-history`: keep it.
    parser.add_argument("--like", type=Path, metavar="PROJECT", help="use the answers that this project was made with")
    parser.add_argument("--no-history", dest="history", action="store_false", help="make no git repository")


def new(options: argparse.Namespace) -> int:
    target = Path(options.path).absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise AnswerError(f"{options.path} exists already: choose another folder, or move it away.")
    year = address = None
    if options.like:
        if not (found := record.of(options.like)):
            raise TemplateError(f"{options.like}/pyproject.toml has no [tool.template] section.")
        answers, year, address = record.answers(found), found.get("year"), found.get("address")
    else:
        given = {name: text for name in DEFAULTS if (text := getattr(options, name)) is not None}
        given, without = {"project_name": title_of(target.name), **given}, tuple(options.without)
        if not options.yes:
            given, without = ask(given, asked_for=vars(options), without=without)
        answers = complete(given, without)
    files = out_of(tree.read(ROOT), answers, year, address=address)
    write_whole(target, files)
    if options.history:
        if problem := begin_history(target, files, answers):
            print(problem, file=sys.stderr)
        if git_output("status", "--porcelain", "--untracked-files=no"):
            print("The template has uncommitted changes, which bin/template will not know about.", file=sys.stderr)
    print(f"{answers.project_name} is in {options.path}. Next: cd {shlex.quote(options.path)} && bin/dev")
    return 0


def title_of(folder: str) -> str:
    return folder.replace("-", " ").replace("_", " ").title() or DEFAULTS["project_name"]({})


def write_whole(target: Path, files: tree.Files) -> None:
    """Write all files, or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        tree.write(files, unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished)
        raise
