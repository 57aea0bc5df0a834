"""A project of its own, made of this one: without what is not wanted, with names of its own, and with a fresh start."""

# git is wherever the system has it.

import datetime
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from slipway import names, record, tree
from slipway.answers import ROOT, Answers, complete
from slipway.cut import take_out
from slipway.names import quoted
from slipway.plans import on_the_free_plan
from slipway.tree import Files

CHANGELOG = """# Changelog

One line for each change that users notice.

## Unreleased

- The project begins.
"""


def make(answers: Answers, year: int | None = None) -> Files:
    return out_of(tree.read(ROOT), answers, year)


def own(files: Files, without: tuple[str, ...] = (), **given: str) -> Files:
    """A clone that becomes a project where it lies."""
    named = {"project_name": names.name_of(files), "project_slug": names.slug_of(files)}
    return out_of(files, complete({**named, **given}, without))


def out_of(files: Files, answers: Answers, year: int | None = None) -> Files:
    files = take_out(names.nameless(files), ["template", *answers.without])
    if answers.plan == "free":
        files = on_the_free_plan(files)
    files = names.rename(files, name=answers.project_name, slug=answers.project_slug)
    year = year or datetime.datetime.now(datetime.UTC).year
    address, commit = origin()
    files = with_answers(files, answers, year, address)
    return record.write(files, {"template": address, "commit": commit, "year": year, **vars(answers)})


def with_answers(files: Files, answers: Answers, year: int, address: str) -> Files:
    made_from = f"[Slipway]({address})" if address.startswith("http") else "Slipway"
    author, email = quoted(answers.author), quoted(answers.email)
    pages = [path for path in files if re.fullmatch(r"README\.md|docs/[\w-]+\.md", path)]
    senders = ["config/env.py", ".env.example", "docs/environment.md"]
    return tree.rewrite(
        {**files, "CHANGELOG.md": CHANGELOG.encode()},
        [
            ("LICENSE", r"^Copyright .*$", f"Copyright (c) {year} {answers.author}"),
            ("README.md", r"^A Django project that is ready .*$", answers.description),
            ("README.md", r"\Z", f"\nMade from {made_from}.\n"),
            ("pyproject.toml", r"^description = .*$", f"description = {quoted(answers.description)}"),
            ("pyproject.toml", r"^authors = .*$", f"authors = [{{ name = {author}, email = {email} }}]"),
            ("docs/contributing.md", r"(?<=<)hello@example\.com(?=>)", answers.email),
            ("config/settings/base.py", r"^TIME_ZONE = .*$", f'TIME_ZONE = "{answers.time_zone}"'),
            *((path, r"\bwww\.example\.com\b", answers.domain) for path in pages),
            *((path, r"(?<=\bnoreply@)example\.com\b", answers.domain.removeprefix("www.")) for path in senders),
            *((path, r"(?<= region: ).*$", answers.region) for path in names.blueprints(files)),
        ],
    )


def origin() -> tuple[str, str]:
    """Where the template is from, and its commit; nothing of either where git knows nothing."""
    if not (ROOT / ".git").exists():
        return "", ""
    address = said_by_git("remote", "get-url", "origin") or str(ROOT)
    parts = urlsplit(address)
    if parts.password or (parts.username and parts.scheme.startswith("http")):
        # A password is nobody's business.
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return address, said_by_git("rev-parse", "HEAD")


def said_by_git(*command: str) -> str:
    return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def begin_history(folder: Path, answers: Answers) -> str:
    """A repository with a first commit. Says why not, where that cannot be had."""
    somebody = ["-c", f"user.name={answers.author}", "-c", f"user.email={answers.email}"]
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        # Whatever this machine ignores, or does to commits, was not made for this one.
        ["add", "--all", "--force"],
        [*somebody, "-c", "commit.gpgsign=false", "-c", "core.hooksPath=", "commit", "--quiet", "--message=Begin"],
    ):
        try:
            done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "There is no git on this machine, so the project has no history yet."
        if done.returncode:
            return f"git has made no first commit: {done.stderr.strip()}"
    return ""
