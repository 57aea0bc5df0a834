"""`add`, `remove`, `rename`, `update` and `status`: each makes the project twice, and merges the difference."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from slipway import catalogue, changes, clone, effects, names, record, tree
from slipway.answers import CATALOGUE, DEFAULTS, FEATURES, ROOT, complete
from slipway.record import Record
from slipway.repository import Repository
from slipway.tree import Files
from tools import template
from tools.template import TemplateError


@dataclass(frozen=True)
class Start:
    """What a change starts from: the template's files, and the answers that the project was made with."""

    repository: Repository
    tool: Path
    answers: Record
    # Of a clone of the template: the tree of the commit that it was made from.
    template_tree: str = ""


def start(options: argparse.Namespace) -> Start:
    repository = Repository(Path.cwd())
    repository.require_clean()
    if found := record.of(repository.root):
        return Start(repository, ROOT, found)
    base = clone.base(repository, options.template, options.base)
    tool = template.extract(repository.root, base.tree, base.commit)
    files = tree.read(repository.root)
    given = {"project_name": names.name_of(files), "project_slug": names.slug_of(files)}
    year = int(names.year_of(files))
    answers = record.make(complete(given, ()), address=base.address, commit=base.commit, year=year)
    return Start(repository, tool, answers, base.tree)


def add(options: argparse.Namespace) -> int:
    begin = start(options)
    features = begin.answers["features"]
    known(options.features)
    wanted = CATALOGUE.with_needed(options.features)
    if not (added := [key for key in FEATURES if key in wanted and key not in features]):
        raise TemplateError(f"The project has {titles(options.features)} already.")
    answers = {**begin.answers, "features": [key for key in FEATURES if key in [*features, *added]]}
    return carry_out(begin, answers, options, f"Add {titles(added)}", f"add-{'-'.join(added)}")


def remove(options: argparse.Namespace) -> int:
    begin = start(options)
    features = begin.answers["features"]
    known(options.features)
    unwanted = CATALOGUE.with_dependents(options.features)
    if not (removed := [key for key in FEATURES if key in unwanted and key in features]):
        raise TemplateError(f"The project does not have {titles(options.features)}.")
    answers = {**begin.answers, "features": [key for key in features if key not in removed]}
    return carry_out(begin, answers, options, f"Remove {titles(removed)}", f"remove-{'-'.join(removed)}")


def rename(options: argparse.Namespace) -> int:
    begin = start(options)
    name = options.name.strip()
    given = {**begin.answers, "project_name": name, "project_slug": options.slug or names.slug_for(name)}
    for key in ("description", "author"):
        # A default that was made from the old name.
        if begin.answers[key] == DEFAULTS[key](begin.answers):
            given[key] = DEFAULTS[key](given)
    complete({key: text for key, text in given.items() if isinstance(text, str)}, ())
    return carry_out(begin, given, options, f"Rename the project to {name}", f"rename-{given['project_slug']}")


def known(features: list[str]) -> None:
    for key in features:
        if key not in FEATURES:
            raise TemplateError(
                f"There is no feature {key}. The template at this commit has: {', '.join(FEATURES)}. "
                "`bin/template update` brings newer ones."
            )


def titles(keys: list[str]) -> str:
    return " and ".join(CATALOGUE.features[key].title for key in keys)


def carry_out(begin: Start, answers: Record, options: argparse.Namespace, subject: str, branch: str) -> int:
    if options.template:
        answers = {**answers, "address": template.without_password(options.template)}
    if not begin.template_tree:
        change = changes.between(begin.repository, (begin.tool, begin.answers), (begin.tool, answers))
    else:
        change = changes.from_template(begin.repository, begin.template_tree, begin.tool, answers)
    return finish(begin.repository, change, options, subject, branch, summary(change))


def update(options: argparse.Namespace) -> int:
    repository = Repository(Path.cwd())
    repository.require_clean()
    if not (old := record.of(repository.root)):
        raise TemplateError("This is a clone of the template, not a project: `git pull` brings what is new.")
    address = options.template or old["address"]
    source = template.repository(address)
    before, after = template.resolve(address, old["commit"], source), (ROOT / "slipway/commit.txt").read_text().strip()
    if before == after:
        print("The project is up to date with the template.")
        return 0
    new = {**old, "address": template.without_password(address), "commit": after}
    change = changes.between(repository, (template.tree(address, before), old), (ROOT, new))
    news = template.git("-C", str(source), "log", "--reverse", "--format=- %s", f"{before}..{after}")
    gained = [key for key in FEATURES if key not in features_at(str(source), before)]
    subject = f"Update from the template to {after[:10]}"
    code = finish(repository, change, options, subject, f"update-{after[:10]}", news)
    if gained:
        print(
            f"The template has new features. To add one, after you have merged: bin/template add {' | '.join(gained)}"
        )
    return code


def features_at(source: str, commit: str) -> set[str]:
    return {*catalogue.read(template.git("-C", source, "show", f"{commit}:slipway/features.toml")).features}


def summary(change: changes.Change) -> str:
    lines = [
        *(f"- new file {path}" for path in folded(change.new, change.old)),
        *(f"- removed {path}" for path in folded(change.old, change.new)),
        *(f"- new variable {name}" for name in effects.variables(change.old, change.new)),
        *(f"- removed variable {name}" for name in effects.variables(change.new, change.old)),
    ]
    return "\n".join(lines)


def folded(files: Files, other: Files) -> list[str]:
    """The paths that only the first of the two has: whole folders in place of all the files in them."""
    folders = {str(parent) for path in other for parent in Path(path).parents}
    found = set()
    for path in files.keys() - other.keys():
        parents = [str(parent) for parent in Path(path).parents if str(parent) not in folders]
        found.add(f"{parents[-1]}/" if parents else path)
    return sorted(found)


def finish(
    repository: Repository, change: changes.Change, options: argparse.Namespace, subject: str, branch: str, body: str
) -> int:
    if change.old_tree == change.new_tree:
        print("There is nothing to change.")
        return 0
    message = f"{subject}\n\n{body}".strip()
    if options.dry_run:
        shown, conflicts, merged = changes.preview(repository, change, message)
        print(shown, end="\n\n")
        print_effects(change, merged)
        if conflicts:
            print("There would be conflicts in:", *conflicts, sep="\n  ")
        print("Nothing was changed: this was a dry run.")
        return 0
    main = repository.branch()
    conflicts = changes.merge(repository, change, message, branch)
    print_effects(change, tree.read(repository.root))
    print(f"The change is on the branch {branch}; {main} is unchanged.")
    if conflicts:
        print("You and the template changed the same lines of:", *conflicts, sep="\n  ")
        print("Edit these files and run:  git add --all && git cherry-pick --continue")
        print("After a conflict in a lock, run bin/lock.")
        print(f"To undo everything:  git cherry-pick --abort && git switch {main} && git branch --delete {branch}")
        return 1
    print(f"Check and merge it:  bin/test && git switch {main} && git merge {branch}")
    return 0


def print_effects(change: changes.Change, merged: Files) -> None:
    lists = {
        "New environment variables, described in .env.example:": effects.variables(change.old, change.new),
        "Environment variables that are no longer read:": effects.variables(change.new, change.old),
        "Your own files still use what is removed:": effects.uses(change.old, change.new, merged),
        "These packages stay, because others need them:": effects.packages_that_stay(change.old, change.new, merged),
        "The database keeps the tables of removed apps. To drop them, run this before you merge the branch:": [
            f"python manage.py migrate {label} zero" for label in effects.labels_of_tables(change.old, change.new)
        ],
    }
    for title, lines in lists.items():
        if lines:
            print(title, *lines, sep="\n  ", end="\n\n")


def status(options: argparse.Namespace) -> int:
    found = record.of(Path.cwd())
    features = found.get("features", FEATURES)
    print(
        found["project_name"] if found else "This is a clone of the template. bin/template rename makes it a project."
    )
    for key in FEATURES:
        print(f"  {'+' if key in features else '-'} {key:12} {CATALOGUE.features[key].about}")
    if found:
        print(f"Made from {found['address']} at {found['commit'][:10]}.")
        print(newer(options.template or found["address"], found["commit"]))
    return 0


def newer(address: str, commit: str) -> str:
    unreachable = ""
    try:
        source = template.repository(address, fetch=True)
    except TemplateError as error:
        unreachable = f"{error}\n"
        try:
            source = template.repository(address)
        except TemplateError:
            return str(error)
    try:
        count = int(template.git("-C", str(source), "rev-list", "--count", f"{commit}..HEAD"))
    except TemplateError as error:
        return str(error)
    gained = sorted(features_at(str(source), "HEAD") - {*FEATURES, "template"})
    lines = [
        f"{unreachable}Newer commits: {count}." + (" Merge them with bin/template update." if count else ""),
        *([f"New features there: {', '.join(gained)}"] if gained else []),
    ]
    return "\n".join(lines)
