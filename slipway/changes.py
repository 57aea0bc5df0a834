"""Changes a project by git: the difference between two trees that the template makes is merged on a branch."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from slipway import tree
from slipway.tree import Files


class Error(Exception):
    """A command that cannot be carried out. The message says why, and what to do."""


@dataclass(frozen=True)
class Repository:
    """The project's repository."""

    root: Path

    def git(self, *command: str | Path, **environment: str) -> str:
        done = self.attempt(*command, **environment)
        if done.returncode:
            raise Error(f"git {command[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def attempt(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["git", *command],
                cwd=self.root,
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise Error("git is not installed: it merges the change into your files.") from None

    def require_clean(self) -> None:
        if self.attempt("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            raise Error("This folder has no commit yet. Run: git init && git add --all && git commit -m 'Start'")
        if status := self.git("status", "--porcelain"):
            raise Error(f"There are uncommitted changes. Commit or stash them first:\n{status}")

    def files_at(self, commit: str) -> Files:
        listed = self.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")
        return {path: self.blob(f"{commit}:{path}") for path in listed if path}

    def blob(self, name: str) -> bytes:
        command = ["git", "cat-file", "blob", name]
        return subprocess.run(command, cwd=self.root, capture_output=True, check=True).stdout

    def store(self, files: Files) -> str:
        """Write the files into git's object database, and return the id of their tree."""
        with TemporaryDirectory() as folder:
            work, index = Path(folder) / "files", Path(folder) / "index"
            tree.write(files, work)
            place = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(work), "GIT_DIR": self.git_folder}
            self.git("-C", work, "add", "--all", "--force", ".", **place)
            return self.git("write-tree", GIT_INDEX_FILE=str(index))

    @property
    def git_folder(self) -> str:
        return self.git("rev-parse", "--absolute-git-dir")


@dataclass(frozen=True)
class Change:
    """The same project, made twice."""

    old: Files
    new: Files
    subject: str
    body: str
    branch: str

    def merge(self, repository: Repository, *, dry_run: bool) -> bool:
        """Merge it on a branch of its own. False when conflicts are left to the user."""
        repository.require_clean()
        message = f"{self.subject}\n\n{self.body}".strip()
        old = repository.git("commit-tree", repository.store(self.old), "-m", "The project as it was made", **AUTHOR)
        new = repository.git("commit-tree", repository.store(self.new), "-p", old, "-m", message, **AUTHOR)
        if dry_run:
            print(repository.git("diff", "--stat", old, new), repository.git("diff", old, new), sep="\n\n")
            return True
        if not repository.git("diff", "--name-only", old, new):
            print("There is nothing to change.")
            return True
        return apply(repository, new, self.branch)


# Of the two commits that only hold the trees; the commit on the branch is the user's.
AUTHOR = {
    f"GIT_{role}_{field}": text
    for role in ("AUTHOR", "COMMITTER")
    for field, text in (("NAME", "template"), ("EMAIL", "template@localhost"))
}


def apply(repository: Repository, commit: str, branch: str) -> bool:
    began = repository.git("rev-parse", "--abbrev-ref", "HEAD")
    if not repository.attempt("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").returncode:
        raise Error(f"There is a branch {branch} already. Merge it, or delete it: git branch --delete {branch}")
    repository.git("switch", "--quiet", "--create", branch)
    done = repository.attempt("cherry-pick", "--allow-empty", "--keep-redundant-commits", commit)
    conflicts = repository.git("diff", "--name-only", "--diff-filter=U").splitlines()
    if done.returncode and not conflicts:
        repository.attempt("cherry-pick", "--abort")
        repository.git("switch", "--quiet", began)
        repository.git("branch", "--quiet", "--delete", "--force", branch)
        raise Error(f"git could not apply the change:\n{done.stderr.strip()}")
    print(f"The change is on the branch {branch}; {began} is unchanged.")
    if conflicts:
        print("Both you and the template changed the same lines of:", *conflicts, sep="\n  ")
        print("Edit these files, `git add` them, and run:  git cherry-pick --continue")
        print(f"To undo everything:  git cherry-pick --abort && git switch {began} && git branch --delete {branch}")
        return False
    print(f"Check and merge it:  bin/test && git switch {began} && git merge {branch}")
    return True
