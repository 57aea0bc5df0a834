"""What a user needs to know about a change: variables, tables, packages, and own files that use what is removed."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from slipway import locks
from slipway.tree import Files, text


def variables(old: Files, new: Files) -> list[str]:
    """The environment variables that only the new project has."""
    return sorted(declared(new) - declared(old))


def declared(files: Files) -> set[str]:
    example = files.get(".env.example", b"").decode()
    return set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))


def labels_of_tables(old: Files, new: Files) -> list[str]:
    """The labels of the removed apps that have tables."""
    found = (re.fullmatch(r"(.*?)/migrations/\d{4}_\w+\.py", path) for path in old.keys() - new.keys())
    return sorted({label(old, match[1]) for match in found if match})


def label(files: Files, app: str) -> str:
    given = re.search(r'^    label = "(\w+)"', files.get(f"{app}/apps.py", b"").decode(), re.MULTILINE)
    return given[1] if given else PurePosixPath(app).name


def packages_that_stay(old: Files, new: Files, merged: Files) -> list[str]:
    """Packages that the removed features no longer need, and the merged project still does."""
    wanted = {name for path, content in merged.items() if is_input(path) for name in locks.asked(content.decode())}
    removed = pinned(old) - pinned(new)
    return sorted(removed & (wanted | pinned(merged)))


def is_input(path: str) -> bool:
    return bool(re.fullmatch(r"requirements/[^/]+\.in", path))


def pinned(files: Files) -> set[str]:
    found = (content for path, content in files.items() if re.fullmatch(r"requirements/[^/]+\.txt", path))
    return {name for content in found for name in locks.pinned(content.decode())}


def uses(old: Files, new: Files, merged: Files) -> list[str]:
    """Lines of the user's that still name a module, a file, a package or a variable that is removed."""
    gone = sorted(removed_names(old, new, merged))
    if not gone:
        return []
    pattern = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, gone))})(?![\w-])")
    found = []
    for path, content in sorted(merged.items()):
        if content == new.get(path) or path.endswith((".md", "pyproject.toml")) or path.startswith("requirements/"):
            continue
        known = set((text(new.get(path, b"")) or "").splitlines())
        for number, line in enumerate((text(content) or "").splitlines(), start=1):
            if line not in known and (match := pattern.search(absolute(path, line))):
                found.append(f"{path}:{number}: {match[1]}")
    return found


def removed_names(old: Files, new: Files, merged: Files) -> Iterator[str]:
    yield from variables(new, old)
    for path in old.keys() - new.keys():
        if path.startswith("slipway/"):
            continue
        yield path
        if path.endswith(".py"):
            yield path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        # Templates and static files are named from there.
        if found := re.fullmatch(r".*/(?:templates|static)/(.*)", path):
            yield found[1]
    yield from (name.replace("-", "_") for name in pinned(old) - pinned(new) - pinned(merged))


def absolute(path: str, line: str) -> str:
    """An import as if it named the whole module; any other line as it is."""
    found = re.fullmatch(r"\s*from (\.*)([\w.]*) import (.*)", line)
    if not found or not path.endswith(".py"):
        return line
    dots, module, names = found.groups()
    packages = list(PurePosixPath(path).parts[: -len(dots)]) if dots else []
    start = ".".join([*packages, *filter(None, [module])])
    return " ".join([start, *(f"{start}.{name}" for name in re.findall(r"\w+", names))])
