"""`bin/template COMMAND`: run the template's tool at the commit that this project was made from.

The template is fetched once and kept in the user's cache folder. After that, only `update` and `status` use the network.
"""

# ruff: noqa: S603, S606, S607

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slipway"
OTHER_ADDRESS = "name another place with --template ADDRESS."


class TemplateError(Exception):
    """The message says what happened and what to do."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--template", default="")
    given, arguments = parser.parse_known_args(arguments)
    try:
        folder = tool(given.template, arguments)
    except (TemplateError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if given.template and arguments[:1] not in (["rehearse"], ["check"]):
        arguments = [*arguments, "--template", given.template]
    # -P: the project has packages with the same names as the template's.
    command = [sys.executable, "-P", "-m", "slipway", *arguments]
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": str(folder)})


def tool(address: str, arguments: list[str]) -> Path:
    """The folder with the template's tool. `update` runs the tool of the commit that it updates to."""
    record = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {}).get("template")
    if not record and (ROOT / "slipway/__main__.py").is_file():
        return ROOT
    if not record:
        raise TemplateError("pyproject.toml has no [tool.template] section. Restore it from the project's git history.")
    address, commit = address or record.get("address", ""), record.get("commit", "")
    if not (address and commit):
        missing = "address: name it with --template ADDRESS" if not address else "commit: add the one you started from"
        raise TemplateError(f"[tool.template] in pyproject.toml has no {missing}.")
    if arguments[:1] == ["update"]:
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--to", default="HEAD")
        target = parser.parse_known_args(arguments)[0].to
        commit = resolve(address, target, repository(address, fetch=True))
    return tree(address, commit)


def tree(address: str, commit: str) -> Path:
    """The template's files at a commit, from the cache if they are there."""
    if not (CACHE / commit / "slipway/__main__.py").is_file():
        source = repository(address)
        if not known(source, commit):
            source = repository(address, fetch=True)
        extract(source, resolve(address, commit, source), commit)
    return CACHE / commit


def repository(address: str, *, fetch: bool = False) -> Path:
    """A bare clone of the template, in the cache."""
    problem = f"Cannot fetch the template from {without_password(address)}"
    local = Path(address).expanduser()
    address = str(local.resolve()) if local.is_dir() else address
    target = CACHE / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.git"
    if not target.exists():
        with unfinished() as folder:
            git("clone", "--quiet", "--bare", "--no-local", "--", address, str(folder / "new"), problem=problem)
            (folder / "new").rename(target)
    elif fetch:
        options = ["--quiet", "--force", "--prune", "--tags"]
        git("-C", str(target), "fetch", *options, "origin", "+refs/heads/*:refs/heads/*", problem=problem)
    return target


def known(source: Path, name: str) -> str:
    command = ["git", "-C", str(source), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def resolve(address: str, name: str, source: Path) -> str:
    """The full id of a commit of the template."""
    if commit := known(source, name):
        return commit
    problem, fix = f"has no commit {name}", "Push it there"
    if git("-C", str(source), "rev-parse", "--is-shallow-repository") == "true":
        problem = f"is a shallow clone without commit {name}"
        fix = f"Run `git fetch --unshallow` there and delete {source}"
    raise TemplateError(f"{without_password(address)} {problem}. {fix}, or {OTHER_ADDRESS}")


def extract(source: Path, tree_id: str, commit: str) -> Path:
    """Write a tree of a repository into the cache, as the template at this commit."""
    target = CACHE / commit
    with unfinished() as folder:
        git("-C", str(source), "archive", f"--output={folder / 'tree.tar'}", tree_id)
        with tarfile.open(folder / "tree.tar") as archive:
            archive.extractall(folder / "tree", filter="data")
        if (folder / "tree/slipway").is_dir():
            (folder / "tree/slipway/commit.txt").write_text(f"{commit}\n")
        if target.exists():
            shutil.rmtree(target)
        (folder / "tree").rename(target)
    return target


@contextmanager
def unfinished() -> Iterator[Path]:
    """A folder in the cache. Complete files are moved out of it, so an interrupted command leaves nothing incomplete."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="unfinished-", dir=CACHE) as folder:
        yield Path(folder)


def git(*command: str, problem: str = "") -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(["git", *command], env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise TemplateError("git is not installed, and bin/template needs it.") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["git failed"]
        reason = without_password(lines[-1]).removeprefix("fatal: ")
        fix = f" Check the network, or {OTHER_ADDRESS}" if problem else ""
        raise TemplateError(f"{problem or f'git {command[2]}'}: {reason}{fix}")
    return done.stdout.strip()


def without_password(text: str) -> str:
    return re.sub(r"(?<=://)[^/\s@]+@", "", text)


if __name__ == "__main__":
    main(sys.argv[1:])
