"""Makes, changes, checks and rehearses projects. In a project: `bin/template COMMAND`."""

import argparse
import os
import runpy
import sys
from collections.abc import Callable

from slipway import commands, new
from slipway.answers import ROOT, AnswerError
from tools.template import TemplateError

# They have options of their own, and need packages that the other commands do not.
MODULES = {"rehearse": "slipway.rehearse", "check": "slipway.rehearse.check"}


def main(arguments: list[str]) -> int:
    hide_from_commands()
    if arguments[:1] and arguments[0] in MODULES:
        sys.argv = arguments
        runpy.run_module(MODULES[arguments[0]], run_name="__main__", alter_sys=True)
        return 0
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (AnswerError, TemplateError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was changed.", file=sys.stderr)
        return 130


def hide_from_commands() -> None:
    """bin/template puts the template on Python's path. What the rehearsal starts must import the project's packages."""
    paths = [path for path in os.environ.pop("PYTHONPATH", "").split(os.pathsep) if path and path != str(ROOT)]
    if paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m slipway", description=__doc__)
    found = parser.add_subparsers(required=True, metavar="COMMAND")

    making = found.add_parser("new", help="make a project: python -m slipway new ../mysite")
    new.add_arguments(making)
    making.set_defaults(run=new.new)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        added = found.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
        added.add_argument("--template", default="", metavar="ADDRESS", help="where the template is, if it has moved")
        if run is not commands.status:
            added.add_argument("--dry-run", action="store_true", help="show the difference, and change nothing")
            added.add_argument(
                "--from", dest="base", default="", metavar="COMMIT", help="in a clone: the commit it was made from"
            )
        added.set_defaults(run=run)
        return added

    for name, run in (("add", commands.add), ("remove", commands.remove)):
        added = command(name, run, f"{name} optional features, on a branch of its own")
        added.add_argument("features", nargs="+", metavar="FEATURE")
    renaming = command("rename", commands.rename, "give the project another name, on a branch of its own")
    renaming.add_argument("name", help='for example "My Site"')
    renaming.add_argument("--slug", default="", help="the name in small letters, digits and hyphens")
    updating = command("update", commands.update, "merge what is new in the template, on a branch of its own")
    updating.add_argument(
        "--to", metavar="COMMIT", help="a commit, tag or branch of the template; by default the newest"
    )
    command("status", commands.status, "show the features, and what is new in the template")
    found.add_parser("rehearse", help="deploy a Render Blueprint on this machine as Render would")
    found.add_parser("check", help="check a Render Blueprint")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
