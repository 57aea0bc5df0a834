"""A clone of the template that becomes a project: the commit of the template that it was made from."""

import os
import re
import subprocess
from tempfile import TemporaryDirectory
from typing import NamedTuple

from slipway import project
from slipway.repository import Repository
from tools import template
from tools.template import TemplateError

COMMIT_FILE = "slipway/commit.txt"
HOW_TO_NAME_IT = (
    "Name it: --from COMMIT. It is the last commit in `git log` before your own changes; in a repository that you "
    "began with a downloaded archive, it is the first one."
)


class Base(NamedTuple):
    # In the clone's repository. The files are those of the commit, whose id the clone need not know.
    tree: str
    commit: str
    address: str


def base(repository: Repository, address: str, given: str) -> Base:
    """The newest version of the template in the clone's history."""
    origin = repository.attempt("remote", "get-url", "origin").stdout.strip()
    place = address or project.public_address(repository.root) or origin
    if given:
        if not (commit := repository.find(f"{given}^{{commit}}")):
            raise TemplateError(f"This repository has no commit {given}.")
        return Base(f"{commit}^{{tree}}", recorded_commit(repository, commit) or commit, clean(place))
    if not place:
        raise TemplateError("Where the template can be fetched from is not known. Add its address: --template ADDRESS")
    trees = versions(repository, place, origin)
    for line in repository.git("log", "--format=%H %T").splitlines():
        commit, tree = line.split()
        if found := commit if commit in trees.values() else trees.get(tree):
            return Base(tree, found, clean(place))
    raise TemplateError(f"No commit here is one of the template at {clean(place)}. {HOW_TO_NAME_IT}")


def clean(address: str) -> str:
    return template.without_password(address) if address.startswith("http") else address


def versions(repository: Repository, address: str, origin: str) -> dict[str, str]:
    """The ids of the template's trees, each with that of its commit."""
    log = ("log", "--format=%T %H")
    if address == origin and (lines := repository.git(*log, "--remotes=origin")):
        # A clone knows them without the network.
        return dict(line.split() for line in lines.splitlines()[::-1])
    try:
        source = template.repository(address, fetch=True)
    except TemplateError as error:
        raise TemplateError(f"{error}\nOr name the commit that this clone was made from. {HOW_TO_NAME_IT}") from None
    found = dict(line.split() for line in template.git("-C", str(source), *log, "--all").splitlines()[::-1])
    if (commit := recorded_commit(repository, "HEAD")) in found.values():
        found[tree_of_archive(str(source), commit)] = commit
    return found


def recorded_commit(repository: Repository, commit: str) -> str:
    """What git wrote into an archive of the template."""
    text = repository.attempt("show", f"{commit}:./{COMMIT_FILE}").stdout.strip()
    return text if re.fullmatch(r"[0-9a-f]{40}", text) else ""


def tree_of_archive(source: str, commit: str) -> str:
    """The tree with the files of an archive, which differ from those of the commit in one."""
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "GIT_DIR": source, "GIT_INDEX_FILE": f"{folder}/index"}

        def git(*command: str, text: str = "") -> str:
            done = subprocess.run(
                ["git", *command], env=environment, input=text, capture_output=True, text=True, check=True
            )
            return done.stdout.strip()

        git("read-tree", commit)
        blob = git("hash-object", "-w", "--stdin", text=f"{commit}\n")
        git("update-index", "--cacheinfo", f"100644,{blob},{COMMIT_FILE}")
        return git("write-tree")
