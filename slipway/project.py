"""Makes a project of the template's files: without the features that are left out, and with the answers filled in."""

import datetime
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from slipway import names, record, tree
from slipway.answers import ROOT, Answers
from slipway.cut import take_out
from slipway.names import quoted
from slipway.plans import on_the_free_plan
from slipway.tree import Files
from tools.template import without_password

CHANGELOG = """# Changelog

One line for each change that users notice.

## Unreleased

- The project begins.
"""


def out_of(
    files: Files, answers: Answers, year: int | None = None, *, address: str | None = None, commit: str | None = None
) -> Files:
    """The project that these files of the template make. Address and commit are those of this template if not given."""
    year = year or datetime.datetime.now(datetime.UTC).year
    address = template_address() if address is None else address
    commit = template_commit() if commit is None else commit
    made = take_out(names.nameless(files), ["template", *answers.without])
    if answers.plan == "free" and "render" not in answers.without:
        made = on_the_free_plan(made)
    made = names.rename(made, name=answers.project_name, slug=answers.project_slug)
    made = with_answers(made, answers, year)
    return record.write(made, record.make(answers, address=address, commit=commit, year=year))


def with_answers(files: Files, answers: Answers, year: int) -> Files:
    author, email = quoted(answers.author), quoted(answers.email)
    pages = [path for path in files if re.fullmatch(r"README\.md|docs/[\w-]+\.md", path)]
    senders = ["config/env.py", ".env.example", "docs/environment.md"]
    contributing = [path for path in ("CONTRIBUTING.md", "docs/contributing.md") if path in files]
    return tree.rewrite(
        {**files, "CHANGELOG.md": CHANGELOG.encode()},
        [
            ("LICENSE", r"^Copyright .*$", f"Copyright (c) {year} {answers.author}"),
            ("README.md", r"^A Django project that is ready .*$", answers.description),
            ("pyproject.toml", r"^description = .*$", f"description = {quoted(answers.description)}"),
            ("pyproject.toml", r"^authors = .*$", f"authors = [{{ name = {author}, email = {email} }}]"),
            *((path, r"(?<=<)hello@example\.com(?=>)", answers.email) for path in contributing),
            ("config/settings/base.py", r"^TIME_ZONE = .*$", f'TIME_ZONE = "{answers.time_zone}"'),
            *((path, r"\bwww\.example\.com\b", answers.domain) for path in pages),
            *((path, r"(?<=\bnoreply@)example\.com\b", answers.domain.removeprefix("www.")) for path in senders),
            *((path, r"(?<= region: ).*$", answers.region) for path in names.blueprints(files)),
        ],
    )


def template_address() -> str:
    """Where the template can be fetched from, without a password. Empty if unknown."""
    address = public_address(ROOT) or git_output("remote", "get-url", "origin")
    if not address and (ROOT / ".git").exists():
        address = str(ROOT)
    return without_password(address) if re.search(r"^https?://|:.*@", address) else address


def public_address(template: Path) -> str:
    """The address in the template's own pyproject.toml."""
    table = tomllib.loads((template / names.PROJECT).read_text(encoding="utf-8"))
    return str(table.get("tool", {}).get("slipway", {}).get("address", ""))


def template_commit() -> str:
    """git writes it into commit.txt when it makes an archive."""
    if (ROOT / ".git").exists():
        return git_output("rev-parse", "HEAD")
    commit = (ROOT / "slipway/commit.txt").read_text().strip()
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else ""


def git_output(*command: str) -> str:
    """Empty where the template's folder is no repository, or git is not installed."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return ""
    return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def begin_history(folder: Path, files: Files, answers: Answers) -> str:
    """Make a repository with a first commit of these files, and no other. Returns why it could not be made."""
    author = ["-c", f"user.name={answers.author}", "-c", f"user.email={answers.email}"]
    listed = "\0".join(sorted(files))
    for command, paths in (
        (["init", "--quiet", "--initial-branch=main"], ""),
        # Even what this machine ignores.
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
