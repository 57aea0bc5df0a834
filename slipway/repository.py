"""The git repository of a project."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.template import TemplateError


@dataclass(frozen=True)
class Repository:
    # The project's folder. It may lie deeper in a larger repository.
    root: Path

    def git(self, *command: str | Path, **environment: str) -> str:
        done = self.attempt(*command, **environment)
        if done.returncode:
            raise TemplateError(f"git {command[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def attempt(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *command],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def require_clean(self) -> None:
        start = "git init && git add --all && git commit --message Start"
        try:
            inside = self.attempt("rev-parse", "--is-inside-work-tree")
        except FileNotFoundError:
            raise TemplateError("git is not installed, and bin/template needs it.") from None
        if inside.returncode:
            raise TemplateError(f"This folder is not in a git repository. Run: {start}")
        if self.attempt("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            raise TemplateError(f"This repository has no commit yet. Run: {start}")
        if status := self.git("status", "--porcelain"):
            raise TemplateError(f"There are uncommitted changes. Commit or stash them first:\n{status}")

    def branch(self) -> str:
        """The branch that is checked out, or else the commit."""
        return self.git("branch", "--show-current") or self.git("rev-parse", "HEAD")

    def find(self, name: str) -> str:
        """The id of an object, or nothing."""
        return self.attempt("rev-parse", "--quiet", "--verify", name).stdout.strip()

    def store(self, folder: Path) -> str:
        """Write a folder into git's database, at the project's place, and return the id of the tree."""
        prefix = self.git("rev-parse", "--show-prefix")
        with TemporaryDirectory() as temporary:
            index = {"GIT_INDEX_FILE": f"{temporary}/index", "GIT_DIR": self.git("rev-parse", "--absolute-git-dir")}
            work = {**index, "GIT_WORK_TREE": str(folder)}
            # All of it, whatever this machine ignores.
            self.git("-C", folder, "-c", "core.fileMode=true", "add", "--all", "--force", ".", **work)
            made = self.git("write-tree", **index)
            if not prefix:
                return made
            index["GIT_INDEX_FILE"] = f"{temporary}/moved"
            self.git("read-tree", f"--prefix={prefix}", made, **index)
            return self.git("write-tree", **index)

    @contextmanager
    def copy(self) -> Iterator["Repository"]:
        """Another working tree of the last commit, for a while."""
        prefix = self.git("rev-parse", "--show-prefix")
        with TemporaryDirectory() as folder:
            place = Path(folder) / "copy"
            self.git("worktree", "add", "--quiet", "--detach", place, "HEAD")
            try:
                yield Repository(place / prefix)
            finally:
                self.git("worktree", "remove", "--force", place)
