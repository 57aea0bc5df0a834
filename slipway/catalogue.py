"""The optional features, from features.toml."""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Feature:
    key: str
    title: str
    about: str = ""
    # The features without which this one does not work.
    needs: tuple[str, ...] = ()
    # Files and folders that belong to it as a whole.
    files: tuple[str, ...] = ()
    # Patterns of words that name it in Markdown, and of longer words that contain them but do not.
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        # (?!) matches nothing.
        words = self.words or ("(?!)",)
        return re.compile("|".join([*(f"({only})" for only in self.not_words), *words]), re.IGNORECASE)

    def mentions(self, text: str) -> list[int]:
        """The places where a text names it."""
        return [found.start() for found in self.pattern.finditer(text) if found.lastindex is None]


@dataclass(frozen=True)
class Shared:
    """Files that need several features, and are removed with any of them."""

    features: frozenset[str]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Swap:
    """A text that is replaced, instead of removed, in projects without any of some features. `old` is a pattern."""

    without: frozenset[str]
    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Catalogue:
    features: dict[str, Feature]
    shared: tuple[Shared, ...] = ()
    swaps: tuple[Swap, ...] = ()

    @property
    def titles(self) -> set[str]:
        return {feature.title for feature in self.features.values()}

    def owned(self, keys: Collection[str]) -> list[str]:
        """The files and folders that are removed with these features."""
        own = [path for key in keys for path in self.features[key].files]
        return own + [path for shared in self.shared if shared.features & set(keys) for path in shared.files]

    def due(self, keys: Collection[str]) -> list[Swap]:
        """The swaps to make when these features are removed."""
        return [swap for swap in self.swaps if swap.without <= set(keys)]

    def with_dependents(self, keys: Collection[str]) -> set[str]:
        """These features, and all that do not work without them."""
        found = set(keys)
        while more := {key for key, feature in self.features.items() if found & {*feature.needs}} - found:
            found |= more
        return found

    def with_needed(self, keys: Collection[str]) -> set[str]:
        """These features, and all that they need."""
        found = set(keys)
        while more := {needed for key in found for needed in self.features[key].needs} - found:
            found |= more
        return found


def read(text: str) -> Catalogue:
    table = tomllib.loads(text)
    shared = [Shared(frozenset(entry["features"]), tuple(entry["files"])) for entry in table.pop("shared", [])]
    swaps = [Swap(frozenset(entry.pop("without")), **entry) for entry in table.pop("swap", [])]
    features = {key: feature(key, entry) for key, entry in table.items()}
    return Catalogue(features, tuple(shared), tuple(swaps))


def feature(key: str, entry: dict[str, str | list[str]]) -> Feature:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Feature(key, **{**entry, **lists})  # type: ignore[arg-type]
