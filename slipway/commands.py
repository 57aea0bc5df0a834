"""`add`, `remove`, `rename`, `update` and `status`: each makes the project twice, and merges the difference."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slipway import catalogue, locks, names, record, tree
from slipway.answers import FEATURES, ROOT, Answers, complete
from slipway.changes import Change, Error, Repository
from slipway.cut import CATALOGUE
from slipway.project import out_of, public_address, template_commit
from slipway.tree import Files


@dataclass(frozen=True)
class Project:
    """The project in the current folder, or a clone of the template that becomes one."""

    repository: Repository
    # Of a clone: the commit of the template that it was cloned at.
    started_from: str = ""

    @property
    def root(self) -> Path:
        return self.repository.root

    @property
    def is_clone(self) -> bool:
        return (self.root / "slipway" / "__main__.py").exists()

    @cached_property
    def record(self) -> dict[str, Any]:
        found = record.of(self.root)
        if not self.is_clone and not {"features", "commit", "project_name"} <= found.keys():
            raise Error("pyproject.toml has no complete [tool.template] section: restore it from git's history.")
        return found

    @cached_property
    def answers(self) -> Answers:
        return complete({"project_name": "Slipway"}, ()) if self.is_clone else record.answers(self.record)

    @cached_property
    def template(self) -> Files:
        return self.repository.files_at(self.base) if self.is_clone else tree.read(ROOT)

    @cached_property
    def base(self) -> str:
        return base_commit(self.repository, self.started_from)

    def as_made(self) -> Files:
        return self.template if self.is_clone else self.make(self.answers, self.record["address"])

    def make(self, answers: Answers, address: str) -> Files:
        commit = self.base if self.is_clone else self.record["commit"]
        return out_of(self.template, answers, self.record.get("year"), address=address, commit=commit)

    def change_to(self, answers: Answers, *, subject: str, body: str, branch: str) -> Change:
        address = self.record.get("address") or os.environ.get("SLIPWAY_ADDRESS") or clone_address(self.repository)
        return Change(self.as_made(), self.make(answers, address), subject, body, branch)


def clone_address(repository: Repository) -> str:
    address = public_address() or repository.attempt("remote", "get-url", "origin").stdout.strip()
    return re.sub(r"(?<=://)[^/\s@]+@", "", address)


def base_commit(repository: Repository, given: str) -> str:
    """The newest commit of the clone that is a commit of the template, or that has the same files as one."""
    if given:
        found = repository.attempt("rev-parse", "--quiet", "--verify", f"{given}^{{commit}}").stdout.strip()
        if not found:
            raise Error(f"This repository has no commit {given}.")
        return found
    commits = template_commits(repository)
    for line in repository.git("log", "--format=%H %T").splitlines():
        commit, files = line.split()
        if commit in commits:
            return commit
        if files in commits.values():
            return next(known for known, tree_id in commits.items() if tree_id == files)
    raise Error(
        "It is not known which commit of the template this clone was made from. Name it: "
        "--from COMMIT (the last one before your own changes; see git log)."
    )


def template_commits(repository: Repository) -> dict[str, str]:
    """The template's commits with their trees, from its public address or the clone's remote."""
    if (address := public_address()) and not repository.attempt("fetch", "--quiet", address, "HEAD").returncode:
        lines = repository.git("log", "--format=%H %T", "FETCH_HEAD")
    elif address:
        return {}
    else:
        lines = repository.git("log", "--format=%H %T", "--remotes=origin")
    return dict(tuple(line.split()) for line in lines.splitlines())  # type: ignore[misc]


def known_features(given: list[str]) -> None:
    for key in given:
        if key not in FEATURES:
            raise Error(f"There is no feature {key}. Features: {', '.join(FEATURES)}.")


def titles(keys: list[str]) -> str:
    known = catalogue.read((ROOT / CATALOGUE).read_text(encoding="utf-8")).features
    return "\n".join(f"- {known[key].title}: {known[key].about}" for key in sorted(keys))


def add(project: Project, keys: list[str], *, dry_run: bool) -> bool:
    known_features(keys)
    left = tuple(key for key in project.answers.without if key not in keys)
    answers = complete(vars(project.answers), left)
    if answers.without == project.answers.without:
        raise Error(f"The project has {', '.join(keys)} already.")
    added = sorted({*project.answers.without} - {*answers.without})
    change = project.change_to(
        answers, subject=f"Add {', '.join(added)}", body=titles(added), branch=f"add-{'-'.join(added)}"
    )
    merged = change.merge(project.repository, dry_run=dry_run)
    if new := variables(change.new) - variables(change.old):
        print("New environment variables, described in docs/environment.md:", *sorted(new), sep="\n  ")
    return merged


def remove(project: Project, keys: list[str], *, dry_run: bool) -> bool:
    known_features(keys)
    answers = complete(vars(project.answers), (*project.answers.without, *keys))
    removed = sorted({*answers.without} - {*project.answers.without})
    if not removed:
        raise Error(f"The project does not have {', '.join(keys)}.")
    change = project.change_to(
        answers, subject=f"Remove {', '.join(removed)}", body=titles(removed), branch=f"remove-{'-'.join(removed)}"
    )
    for warning in (tables_left(change), still_used(project, change), still_installed(change)):
        if warning:
            print(warning, end="\n\n")
    return change.merge(project.repository, dry_run=dry_run)


def rename(project: Project, name: str, slug: str, *, dry_run: bool) -> bool:
    given = {**vars(project.answers), "project_name": name, "project_slug": slug or names.slug_for(name)}
    if project.is_clone:
        # Everything else that is made from the name.
        given = {key: given[key] for key in ("project_name", "project_slug")}
    answers = complete(given, project.answers.without)
    subject = f"Rename the project to {answers.project_name}"
    change = project.change_to(answers, subject=subject, body="", branch=f"rename-{answers.project_slug}")
    return change.merge(project.repository, dry_run=dry_run)


def update(project: Project, *, dry_run: bool) -> bool:
    if project.is_clone:
        raise Error("This is a clone of the template: git pull brings what is new.")
    old, new = project.record["commit"], template_commit()
    if old == new:
        print("The project is up to date with the template.")
        return True
    body = history("log", "--reverse", "--format=- %s", f"{old}..{new}")
    address = os.environ.get("SLIPWAY_ADDRESS") or project.record["address"]
    change = Change(
        made_at(project, old),
        out_of(tree.read(ROOT), project.answers, project.record["year"], address=address, commit=new),
        f"Update from the template to {new[:10]}",
        body,
        f"update-{new[:10]}",
    )
    if gained := [key for key in FEATURES if key not in offered_at(old)]:
        print(f"The template has new features. To add one: bin/template add {' | '.join(gained)}")
    return change.merge(project.repository, dry_run=dry_run)


def made_at(project: Project, commit: str) -> Files:
    """The project as the template's own tool of that commit makes it."""
    with TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "made"
        source.mkdir()
        history("--work-tree", str(source), "checkout", commit, "--", ".", index=f"{folder}/index")
        done = subprocess.run(
            [sys.executable, "-P", "-m", "slipway", "new", made, "--like", project.root, "--no-history"],
            env={
                **os.environ,
                "PYTHONPATH": str(source),
                "SLIPWAY_ADDRESS": project.record["address"],
                "SLIPWAY_COMMIT": commit,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Error(f"The template at {commit[:10]} could not make this project: {done.stderr.strip()}")
        return tree.read_folder(made)


def offered_at(commit: str) -> set[str]:
    return {*catalogue.read(history("show", f"{commit}:{CATALOGUE}")).features}


def history(*command: str, index: str = "") -> str:
    """Ask the template's repository, which bin/template keeps in the cache."""
    repository = os.environ.get("SLIPWAY_REPOSITORY")
    if not repository:
        raise Error("Run this as bin/template: it knows the template's history.")
    environment = {**os.environ, "GIT_DIR": repository, **({"GIT_INDEX_FILE": index} if index else {})}
    done = subprocess.run(["git", *command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Error(f"The template's history does not have what this project was made from: {done.stderr.strip()}")
    return done.stdout.strip()


def status(project: Project) -> bool:
    known = catalogue.read((ROOT / CATALOGUE).read_text(encoding="utf-8")).features
    print(f"{project.answers.project_name} ({project.answers.project_slug})")
    for key in FEATURES:
        print(f"  {'-' if key in project.answers.without else '+'} {key:12} {known[key].about}")
    if project.is_clone:
        print("This is a clone of the template. To make it your project: bin/template rename NAME")
        return True
    print(f"Made from {project.record['address'] or 'an unknown address'} at {project.record['commit'][:10]}.")
    if os.environ.get("SLIPWAY_REPOSITORY"):
        newer = history("rev-list", "--count", f"{project.record['commit']}..HEAD")
        print(f"Newer commits, when it was fetched last: {newer}. To fetch and merge them: bin/template update")
    return True


def variables(files: Files) -> set[str]:
    return set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", files[".env.example"].decode(), re.MULTILINE))


def tables_left(change: Change) -> str:
    gone = (re.fullmatch(r"apps/(\w+)/migrations/0001_\w+\.py", path) for path in change.old.keys() - change.new.keys())
    commands = sorted(f"  python manage.py migrate {found[1]} zero" for found in gone if found)
    return "\n".join(["To delete its tables, run in each database before you merge:", *commands]) if commands else ""


def still_used(project: Project, change: Change) -> str:
    """Where files that the user wrote or edited name a module or a variable that is gone."""
    gone = {path.removesuffix(".py").replace("/", ".") for path in change.old.keys() - change.new.keys()
            if path.endswith(".py") and not path.endswith("__init__.py")}  # fmt: skip
    gone |= variables(change.old) - variables(change.new)
    if not gone:
        return ""
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, sorted(gone)))})(?!\w)")
    lines = []
    for path, content in tree.read(project.root).items():
        if content in (change.old.get(path), change.new.get(path)):
            continue
        before = set((tree.text(change.old.get(path, b"")) or "").splitlines())
        for number, line in enumerate((tree.text(content) or "").splitlines(), start=1):
            if line not in before and (found := pattern.search(line)):
                lines.append(f"  {path}:{number}: {found[1]}")
    return "\n".join(["Your own files still name what is removed:", *lines]) if lines else ""


def still_installed(change: Change) -> str:
    """Requirements of the feature that another package brings along."""
    lock = "requirements/production.txt"
    wanted = {
        name
        for path in change.old
        if re.fullmatch(r"requirements/\w+\.in", path)
        for name in locks.asked(change.old[path].decode()) - locks.asked(change.new.get(path, b"").decode())
    }
    left = sorted(wanted & locks.pinned(change.new.get(lock, b"").decode()))
    return f"Packages that stay installed because others need them: {', '.join(left)}" if left else ""
