"""`bin/update`: takes over what has changed in the template since this project was made, or was updated last.

The template of then and the template of now each make a project of the same answers. What differs between the two is
applied here, on a branch of its own, as git applies any commit: your changes stay, and conflicts are shown.
"""

# The commands are our own, and git is wherever the system has it.

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from slipway import checkout, record
from slipway.checkout import ROOT, Refused, git


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/update", description="Take over what has changed in the template.")
    parser.add_argument("--to", default="HEAD", metavar="COMMIT", help="a tag, branch or commit of the template")
    parser.add_argument("--template", metavar="ADDRESS", help="where the template is, if not where it was")
    given = parser.parse_args(arguments)
    remembered = record.of(ROOT)
    address = given.template or remembered.get("template")
    if not (address and remembered.get("commit")):
        raise Refused(
            "This project does not remember a template and its commit: see [tool.template] in pyproject.toml."
        )
    checkout.refuse_unsaved_work()

    with TemporaryDirectory() as folder:
        template = Template(address, Path(folder))
        old, new = template.commit(remembered["commit"]), template.commit(given.to)
        if old == new:
            print("The template has nothing new.")
            return
        news = template.git("log", "--reverse", "--format=- %s", f"{old}..{new}")
        before = git(
            "commit-tree",
            "-m",
            "As the template was",
            template.tree_of_project(old, remembered.get("template") or address),
        ).strip()
        after = git(
            "commit-tree", "-p", before, "-m", f"Update from the template to {new[:10]}\n\n{news}",
            template.tree_of_project(new, address),
        ).strip()  # fmt: skip
    take_over(after, branch=f"template-{new[:10]}")


class Template:
    """The template's repository, cloned for as long as this takes."""

    def __init__(self, address: str, folder: Path) -> None:
        self.folder = folder
        print(f"Fetching {address} ...", flush=True)
        self.told("git", "clone", "--quiet", "--no-checkout", address, str(folder / "template"))

    def git(self, *command: str) -> str:
        return self.told("git", "-C", str(self.folder / "template"), *command)

    def commit(self, name: str) -> str:
        for place in (f"origin/{name}", name):
            try:
                return self.git("rev-parse", "--quiet", "--verify", f"{place}^{{commit}}").strip()
            except Refused:
                continue
        raise Refused(f"The template has no commit {name}: name another with --to, or its place with --template.")

    def tree_of_project(self, commit: str, address: str) -> str:
        """The project that this commit makes of our answers, as git keeps a folder. It remembers the address."""
        source, made = self.folder / f"source-{commit}", self.folder / f"made-{commit}"
        self.git("remote", "set-url", "origin", address)
        self.git("worktree", "add", "--quiet", "--detach", str(source), commit)
        self.told(sys.executable, "-m", "slipway", "new", str(made), "--like", str(ROOT), "--no-history", cwd=source)
        index = {"GIT_INDEX_FILE": str(self.folder / f"index-{commit}")}
        self.told("git", f"--work-tree={made}", "add", "--all", "--force", cwd=made, GIT_DIR=git_folder(), **index)
        return self.told("git", "write-tree", cwd=made, GIT_DIR=git_folder(), **index).strip()

    def told(self, *command: str, cwd: Path | None = None, **environment: str) -> str:
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Refused(done.stderr.strip() or f"{' '.join(command[:3])} failed.")
        return done.stdout


def git_folder() -> str:
    return git("rev-parse", "--absolute-git-dir").strip()


def take_over(commit: str, branch: str) -> None:
    began = git("rev-parse", "--abbrev-ref", "HEAD").strip()
    git("switch", "--quiet", "--create", branch)
    done = subprocess.run(["git", "cherry-pick", commit], cwd=ROOT, capture_output=True, text=True, check=False)
    conflicts = git("diff", "--name-only", "--diff-filter=U").splitlines()
    if done.returncode and not conflicts:
        git("switch", "--quiet", began)
        git("branch", "--quiet", "--delete", "--force", branch)
        raise Refused(f"git could not apply what has changed: {done.stderr.strip()}")
    print(f"You are on the branch {branch}, and {began} is as it was.")
    if conflicts:
        print("Both sides have changed the same lines of:", *conflicts, sep="\n  ")
        print("Choose there, `git add` them, and go on:  git cherry-pick --continue")
        print(f"To forget all of it:  git cherry-pick --abort && git switch {began} && git branch --delete {branch}")
        sys.exit(1)
    print(f"See that all is well, and keep it:  bin/test && git switch {began} && git merge {branch}")


if __name__ == "__main__":
    sys.exit(checkout.run(main))
