"""`python -m slipway new ../mysite`: makes a project, and asks in the terminal what it needs to know."""

import argparse
import shlex
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from slipway import record, tree
from slipway.answers import DEFAULTS, FEATURES, PROMPTS, Refused, complete
from slipway.project import begin_history, make
from slipway.questions import ask


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    target = Path(options.path).absolute()
    given = {name: text for name in DEFAULTS if (text := getattr(options, name)) is not None}
    without, year = tuple(options.without), None
    try:
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise Refused(f"{options.path} is there already: choose another place, or move that away.")
        if options.like:
            given, without, year = remembered(options.like)
        given = {"project_name": title_of(target.name), **given}
        if not (options.yes or options.like):
            given, without = ask(given, asked_for=vars(options), without=without)
        answers = complete(given, without)
        make_at(target, make(answers, year))
    except (Refused, OSError) as complaint:
        print(complaint, file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was made.", file=sys.stderr)
        return 130
    if options.history and (trouble := begin_history(target, answers)):
        print(trouble, file=sys.stderr)
    print(f"{answers.project_name} is in {options.path}. Next: cd {shlex.quote(options.path)} && bin/dev")
    return 0


def title_of(folder: str) -> str:
    return folder.replace("-", " ").replace("_", " ").title() or DEFAULTS["project_name"]({})


def remembered(project: Path) -> tuple[dict[str, str], tuple[str, ...], int]:
    """The answers that another project was made with, as far as they are still asked for."""
    found = record.of(project)
    if not found:
        raise Refused(f"{project} does not remember how it was made.")
    without = tuple(key for key in found["without"] if key in FEATURES)
    return {name: found[name] for name in DEFAULTS if name in found}, without, found["year"]


def make_at(target: Path, files: tree.Files) -> None:
    """All of it, or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half_made = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        tree.write(files, half_made)
        half_made.chmod(0o755)
        half_made.rename(target)
    except BaseException:
        shutil.rmtree(half_made)
        raise


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m slipway", description=str(__doc__).partition(": ")[2])
    new = parser.add_subparsers(required=True, metavar="new").add_parser("new", help="make a new project")
    new.add_argument("path", help="the folder to make, such as ../mysite")
    for name in DEFAULTS:
        new.add_argument(f"--{name.removeprefix('project_').replace('_', '-')}", dest=name, help=PROMPTS[name])
    new.add_argument(
        "--without",
        action="append",
        default=[],
        choices=FEATURES,
        metavar="FEATURE",
        help=f"leave this out, and more with each --without: {', '.join(FEATURES)}",
    )
    new.add_argument("--yes", action="store_true", help="ask nothing, and take the defaults for what is not given")
    new.add_argument("--like", type=Path, metavar="PROJECT", help="with the answers that this project was made with")
    new.add_argument("--no-history", dest="history", action="store_false", help="no repository, and no first commit")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
