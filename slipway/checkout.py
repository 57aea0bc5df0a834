"""The checkout that a command changes: nothing of yours is lost, for git has it all."""

# git is wherever the system has it.

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from slipway import tree
from slipway.tree import Files

ROOT = Path(__file__).resolve().parents[1]


class Refused(Exception):
    """Nothing was done; the message says why, and what to do."""


def change(how: Callable[[Files], Files], *, dry: bool, subject: str) -> None:
    """Show what will be done, and do it unless this is only a look."""
    refuse_unsaved_work()
    before = tree.read(ROOT)
    after = how(before)
    for sign, paths in (
        ("delete", sorted(before.keys() - after.keys())),
        ("change", sorted(path for path in after if path in before and after[path] != before[path])),
        ("create", sorted(after.keys() - before.keys())),
    ):
        for path in paths:
            print(f"{sign}  {path}")
    if dry:
        print("\nNothing was done: this was only a look.")
        return
    tree.update(before, after, ROOT)
    keep = f"bin/test && git add --all && git commit -m {shlex.quote(subject)}"
    print(f"\nDone. See that all is well, and keep it:  {keep}")


def refuse_unsaved_work() -> None:
    status = git("status", "--porcelain")
    if status.strip():
        raise Refused(f"There is work that git does not have yet. Commit it or put it away first:\n{status.rstrip()}")


def git(*command: str) -> str:
    try:
        done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Refused("This needs git, which keeps what you had before.") from None
    if done.returncode:
        raise Refused(f"git {command[0]}: {done.stderr.strip()}")
    return done.stdout


def run(main: Callable[[list[str]], None]) -> int:
    try:
        main(sys.argv[1:])
    except Refused as complaint:
        print(complaint, file=sys.stderr)
        return 2
    return 0


def parser(command: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=command, description=description)
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    return parser
