"""`python -m slipway COMMAND`: makes, changes, checks and rehearses projects. In a project: `bin/template COMMAND`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from slipway import commands, new
from slipway.answers import AnswerError
from slipway.changes import Error, Repository
from slipway.commands import Project


def main(arguments: list[str]) -> int:
    # They have options of their own, and need packages that making a project does not.
    if arguments[:1] == ["rehearse"]:
        from slipway.rehearse.__main__ import main as rehearse

        return rehearse(arguments[1:])
    if arguments[:1] == ["check"]:
        from slipway.rehearse.check import main as check

        return check(arguments[1:])
    options = parser().parse_args(arguments)
    try:
        return int(not options.run(options))
    except (AnswerError, Error, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was changed.", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m slipway", description=str(__doc__))
    found = parser.add_subparsers(required=True, metavar="COMMAND")
    new.add_arguments(found.add_parser("new", help="make a project: python -m slipway new ../mysite"))

    adding = change(found, "add", "add optional features to the project")
    adding.add_argument("features", nargs="+", metavar="FEATURE")
    adding.set_defaults(run=lambda given: commands.add(project(given), given.features, dry_run=given.dry_run))

    removing = change(found, "remove", "remove optional features from the project")
    removing.add_argument("features", nargs="+", metavar="FEATURE")
    removing.set_defaults(run=lambda given: commands.remove(project(given), given.features, dry_run=given.dry_run))

    renaming = change(found, "rename", "give the project another name")
    renaming.add_argument("name", help='for example "My Site"')
    renaming.add_argument(
        "--slug", default="", help="the name in lowercase with hyphens; by default made from the name"
    )
    renaming.set_defaults(
        run=lambda given: commands.rename(project(given), given.name, given.slug, dry_run=given.dry_run)
    )

    updating = change(found, "update", "merge what is new in the template (--to COMMIT for a certain one)")
    updating.set_defaults(run=lambda given: commands.update(project(given), dry_run=given.dry_run))

    showing = found.add_parser("status", help="show the features, and what the project was made from")
    showing.set_defaults(run=lambda given: commands.status(project(given)), base="")

    found.add_parser("rehearse", help="deploy the Blueprint on this machine as Render would")
    found.add_parser("check", help="check a Blueprint without deploying it")
    return parser


def change(found: Any, name: str, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = found.add_parser(
        name, help=about, description=f"{about[0].upper()}{about[1:]}, on a branch of its own."
    )
    parser.add_argument("--dry-run", action="store_true", help="show the changes without making them")
    parser.add_argument(
        "--from", dest="base", default="", metavar="COMMIT", help="in a clone: the template's commit it was made from"
    )
    return parser


def project(given: argparse.Namespace) -> Project:
    here = Repository(Path.cwd())
    if here.attempt("rev-parse", "--is-inside-work-tree").returncode:
        raise Error("This folder is no git repository. Run: git init && git add --all && git commit -m 'Start'")
    return Project(Repository(Path(here.git("rev-parse", "--show-toplevel"))), given.base)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
