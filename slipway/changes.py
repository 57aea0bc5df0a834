"""A change of a project: the difference between two trees that the template makes, merged on a branch of its own."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from slipway import record, tree
from slipway.answers import ROOT
from slipway.record import Record
from slipway.repository import Repository
from slipway.tree import Files
from tools.template import TemplateError


@dataclass(frozen=True)
class Change:
    """The same project, made twice."""

    # The ids of the two trees in the project's repository, and their files.
    old_tree: str
    new_tree: str
    old: Files
    new: Files


@contextmanager
def made(tool: Path, answers: Record) -> Iterator[Path]:
    """A folder with the project that the template in another folder makes of the answers."""
    with TemporaryDirectory() as temporary:
        like, folder = Path(temporary) / "like", Path(temporary) / "made"
        like.mkdir()
        (like / "pyproject.toml").write_text(record.table(answers), encoding="utf-8")
        # docs/template.md promises this command to newer and older versions of the tool.
        done = subprocess.run(
            [sys.executable, "-P", "-m", "slipway", "new", folder, "--like", like, "--no-history"],
            env={**os.environ, "PYTHONPATH": str(tool)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise TemplateError(f"The template at {answers['commit'][:10]} cannot make this project:\n{done.stderr}")
        yield folder


def between(repository: Repository, old: tuple[Path, Record], new: tuple[Path, Record]) -> Change:
    """Each side is a folder with the template, and answers."""
    with made(*old) as before, made(*new) as after:
        return Change(repository.store(before), repository.store(after), tree.files_in(before), tree.files_in(after))


# Of a clone, these are the user's as soon as they are edited. The template's are of no use to a project.
OWN_FILES = ("CHANGELOG.md", "LICENSE")


def from_template(repository: Repository, template_tree: str, tool: Path, answers: Record) -> Change:
    """The change of a clone of the template into a project."""
    with made(tool, answers) as folder:
        for path in OWN_FILES:
            before = repository.find(f"{template_tree}:{path}")
            if repository.find(f"HEAD:./{path}") != before:
                shutil.copy(tool / path, folder / path)
        new_tree, new = repository.store(folder), tree.files_in(folder)
    return Change(repository.find(f"{template_tree}^{{tree}}"), new_tree, tree.files_in(tool), new)


def merge(repository: Repository, change: Change, message: str, branch: str) -> list[str]:
    """Merge the change on a new branch. Returns the files with conflicts."""
    if repository.find(f"refs/heads/{branch}"):
        raise TemplateError(f"The branch {branch} exists already. Merge or delete it: git branch --delete {branch}")
    began = repository.branch()
    commit = commit_of(repository, change, message)
    repository.git("switch", "--quiet", "--create", branch)
    try:
        conflicts = apply(repository, commit)
    except TemplateError:
        repository.attempt("cherry-pick", "--abort")
        repository.git("switch", "--quiet", began)
        repository.git("branch", "--quiet", "--delete", "--force", branch)
        raise
    for path in change.old.keys() - change.new.keys():
        remove_compiled(repository.root / path)
    return conflicts


def preview(repository: Repository, change: Change, message: str) -> tuple[str, list[str], Files]:
    """What the merge would change: the difference, the files with conflicts, and the files afterwards."""
    commit = commit_of(repository, change, message)
    began = repository.git("rev-parse", "HEAD")
    with repository.copy() as copy:
        conflicts = apply(copy, commit)
        copy.git("add", "--all")
        shown = [copy.git("diff", "--cached", "--no-color", *option, began) for option in (["--stat"], [])]
        return "\n\n".join(shown), conflicts, tree.read(copy.root)


def commit_of(repository: Repository, change: Change, message: str) -> str:
    # Nobody sees the first of the two; the second is what git applies.
    old = repository.git("commit-tree", change.old_tree, "-m", "The project as it was made")
    return repository.git("commit-tree", change.new_tree, "-p", old, "-m", message)


def apply(repository: Repository, commit: str) -> list[str]:
    with TemporaryDirectory() as folder:
        attributes = Path(folder) / "attributes"
        attributes.write_text("requirements/*.txt merge=lock\n")
        options = [
            *("-c", f"core.attributesFile={attributes}"),
            *("-c", f"merge.lock.driver={lock_driver()}"),
            # Files are never taken for renamed ones: a user's new file may resemble one that the template removes.
            *("cherry-pick", "-X", "no-renames", "--allow-empty", "--keep-redundant-commits", commit),
        ]
        done = repository.attempt(*options)
    conflicts = repository.git("diff", "--name-only", "--diff-filter=U").splitlines()
    if done.returncode and not conflicts:
        raise TemplateError(f"git could not apply the change:\n{done.stderr.strip()}")
    return conflicts


def lock_driver() -> str:
    python = shlex.join(["env", f"PYTHONPATH={ROOT}", sys.executable, "-P", "-m", "slipway.lock_merge"])
    return f"{python} %O %A %B"


def remove_compiled(path: Path) -> None:
    """Remove folders that hold only compiled code of removed modules: Python could still import them as packages."""
    for folder in path.parents:
        if not folder.is_dir() or any(left.name != "__pycache__" for left in folder.iterdir()):
            break
        shutil.rmtree(folder)
