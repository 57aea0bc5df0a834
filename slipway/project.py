"""Makes a project of the template's files: without the features that are left out, and with the answers filled in."""

# git is wherever the system has it.

import datetime
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from slipway import names, record, tree
from slipway.answers import ROOT, Answers
from slipway.cut import take_out
from slipway.names import quoted
from slipway.plans import on_the_free_plan
from slipway.tree import Files

CHANGELOG = """# Changelog

One line for each effect that you may notice.

## Unreleased

- The project begins.
"""


def make(answers: Answers, year: int | None = None) -> Files:
    return out_of(tree.read(ROOT), answers, year)


def out_of(
    files: Files, answers: Answers, year: int | None = None, *, address: str | None = None, commit: str | None = None
) -> Files:
    """The project that these files of the template make. Address and commit are those of this tree if not given."""
    year = year or datetime.datetime.now(datetime.UTC).year
    address = template_address() if address is None else address
    commit = template_commit() if commit is None else commit
    made = take_out(names.nameless(files), ["template", *answers.without])
    if answers.plan == "free":
        made = on_the_free_plan(made)
    made = names.rename(made, name=answers.project_name, slug=answers.project_slug)
    made = with_answers(made, answers, year)
    return record.write(made, answers, address=address, commit=commit, year=year)


def with_answers(files: Files, answers: Answers, year: int) -> Files:
    author, email = quoted(answers.author), quoted(answers.email)
    pages = [path for path in files if re.fullmatch(r"README\.md|docs/[\w-]+\.md", path)]
    senders = ["config/env.py", ".env.example", "docs/environment.md"]
    return tree.rewrite(
        {**files, "CHANGELOG.md": CHANGELOG.encode()},
        [
            ("LICENSE", r"^Copyright .*$", f"Copyright (c) {year} {answers.author}"),
            ("README.md", r"^A Django project that is ready .*$", answers.description),
            ("pyproject.toml", r"^description = .*$", f"description = {quoted(answers.description)}"),
            ("pyproject.toml", r"^authors = .*$", f"authors = [{{ name = {author}, email = {email} }}]"),
            ("CONTRIBUTING.md", r"(?<=<)hello@example\.com(?=>)", answers.email),
            ("config/settings/base.py", r"^TIME_ZONE = .*$", f'TIME_ZONE = "{answers.time_zone}"'),
            *((path, r"\bwww\.example\.com\b", answers.domain) for path in pages),
            *((path, r"(?<=\bnoreply@)example\.com\b", answers.domain.removeprefix("www.")) for path in senders),
            *((path, r"(?<= region: ).*$", answers.region) for path in names.blueprints(files)),
        ],
    )


def template_address() -> str:
    """Where the template can be fetched from: without a password, and empty if unknown."""
    if "SLIPWAY_ADDRESS" in os.environ:
        return os.environ["SLIPWAY_ADDRESS"]
    address = public_address() or git_output("remote", "get-url", "origin")
    if not address and (ROOT / ".git").exists():
        address = str(ROOT)
    parts = urlsplit(address)
    if parts.password or (parts.username and parts.scheme.startswith("http")):
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return address


def public_address() -> str:
    """The template's own public address, from its pyproject.toml."""
    table = tomllib.loads((ROOT / names.PROJECT).read_text(encoding="utf-8"))["tool"]
    return str(table.get("slipway", {}).get("address", ""))


def template_commit() -> str:
    return os.environ.get("SLIPWAY_COMMIT") or git_output("rev-parse", "HEAD")


def git_output(*command: str) -> str:
    """Empty where the template's folder is no repository, or git is not installed."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return ""
    return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def begin_history(folder: Path, files: Files, answers: Answers) -> str:
    """Make a repository with a first commit of these files. Returns why it could not be made."""
    if (folder / ".git").exists():
        return "This folder is a git repository already, so the project was not committed."
    author = ["-c", f"user.name={answers.author}", "-c", f"user.email={answers.email}"]
    listed = "\0".join(sorted(files))
    for command, paths in (
        (["init", "--quiet", "--initial-branch=main"], ""),
        # Only what was made, whatever else is in the folder; and all of that, whatever this machine ignores.
        (["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"], listed),
        ([*author, "-c", "commit.gpgsign=false", "-c", "core.hooksPath=", "commit", "--quiet", "--message=Start"], ""),
    ):
        try:
            done = subprocess.run(
                ["git", *command], cwd=folder, input=paths, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return "git is not installed, so the project has no repository yet."
        if done.returncode:
            return f"git could not make the first commit: {done.stderr.strip()}"
    return ""
