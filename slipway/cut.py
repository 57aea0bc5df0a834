"""Removes features from the template's files: their own files, paragraphs and chapters, and their requirements."""

import posixpath
import re
from collections.abc import Collection
from pathlib import PurePosixPath

from slipway import catalogue, headings, locks, markdown
from slipway.catalogue import Catalogue
from slipway.tree import Files, text

CATALOGUE = "slipway/features.toml"
HISTORY = "CHANGELOG.md"
# The heading of the user's own lines. It ends the paragraph of a feature, and is never cut.
YOURS = "Yours"


def take_out(files: Files, keys: Collection[str]) -> Files:
    known = catalogue.read(files[CATALOGUE].decode())
    kept = without_files(files, known.owned(keys))
    cutter = Cutter(known, keys, files.keys() - kept.keys(), kept.keys())
    smaller = {path: cutter.cut(path, content) for path, content in kept.items()}
    for swap in known.due(keys):
        if swap.file in smaller:
            smaller[swap.file] = re.sub(swap.old, swap.new, smaller[swap.file].decode()).encode()
    return with_smaller_locks(smaller)


def without_files(files: Files, owned: Collection[str]) -> Files:
    """Without these files and folders, and without a package that has nothing else left."""
    gone = {path for path in files if any(path == own or path.startswith(f"{own}/") for own in owned)}
    kept = {path: content for path, content in files.items() if path not in gone}
    for path in sorted(gone, key=len, reverse=True):
        for folder in PurePosixPath(path).parents:
            init = f"{folder}/__init__.py"
            if kept.get(init) == b"" and not any(other.startswith(f"{folder}/") and other != init for other in kept):
                del kept[init]
    return kept


class Cutter:
    """Cuts what belongs to the removed features out of files that stay."""

    def __init__(self, known: Catalogue, keys: Collection[str], gone: Collection[str], left: Collection[str]) -> None:
        self.titles = {*known.titles, YOURS}
        self.features = [known.features[key] for key in keys]
        self.gone = set(gone)
        self.gone_folders = folders(gone) - folders(left)

    def cut(self, path: str, content: bytes) -> bytes:
        found = text(content)
        if found is None or path in (CATALOGUE, HISTORY) or path.startswith("slipway/"):
            return content
        if path.endswith(".md"):
            folder = posixpath.dirname(path)
            return markdown.cut(found, lambda piece: self.mentions(piece, folder)).encode()
        if path.startswith("requirements/") and path.endswith(".txt"):
            return content
        return headings.cut(found, {feature.title for feature in self.features}, self.titles).encode()

    def mentions(self, piece: str, folder: str) -> bool:
        """Whether it names a feature that is removed, or a file that was removed with it."""
        if any(feature.mentions(piece) for feature in self.features):
            return True
        for word in re.findall(r"[\w./{}-]+", piece):
            # Links are relative to their page.
            for path in (word.rstrip("./"), posixpath.normpath(posixpath.join(folder, word.rstrip("./")))):
                if path in self.gone or ("/" in word and path in self.gone_folders):
                    return True
        return False


def folders(paths: Collection[str]) -> set[str]:
    return {str(parent) for path in paths for parent in PurePosixPath(path).parents if str(parent) != "."}


def with_smaller_locks(files: Files) -> Files:
    smaller = dict(files)
    wanted: dict[str, Collection[str]] = {
        posixpath.basename(path): locks.asked(content.decode())
        for path, content in files.items()
        if path.startswith("requirements/") and path.endswith(".in")
    }
    # The site's first: it bounds the others.
    for path in sorted(
        (path for path in files if path.startswith("requirements/") and path.endswith(".txt")),
        key=lambda path: (path != "requirements/production.txt", path),
    ):
        lock = locks.cut(smaller[path].decode(), wanted)
        wanted[posixpath.basename(path)] = locks.pinned(lock)
        smaller[path] = lock.encode()
    return smaller
