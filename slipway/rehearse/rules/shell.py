"""Finds the programs and scripts of a shell command without running it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from slipway.rehearse.rules.repository import Repository, below

ENDS = re.compile(r"[;&|()]+")
KEYWORDS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "time", "env", "command"}
SHELLS = {"bash", "sh", "source", "."}

Words = list[str]


@dataclass(frozen=True)
class Script:
    path: str
    # Run directly, so it must be executable.
    by_name: bool


@dataclass(frozen=True)
class Command:
    """A command of a Blueprint, with the scripts of the repository that it starts."""

    text: str
    folder: str
    repository: Repository

    @cached_property
    def own(self) -> list[Words]:
        return list(simple_commands(self.text))

    @cached_property
    def all(self) -> list[Words]:
        """With the commands of its scripts, but not of scripts that these run."""
        inside = [self.repository.text(script.path) for script in self.scripts]
        return [*self.own, *(words for text in inside for words in simple_commands(text))]

    @cached_property
    def scripts(self) -> list[Script]:
        return list(self.find_scripts())

    def find_scripts(self) -> Iterator[Script]:
        for words in self.own:
            # Later paths are relative to an unknown folder.
            if words[0] == "cd":
                return
            name, by_name = named(words), words[0] not in SHELLS and not is_python(words[0])
            if name:
                yield Script(below(self.folder, name), by_name)


def named(words: Words) -> str:
    """The file that a simple command runs. Empty if it is not in the repository."""
    first = words[0]
    if first in SHELLS or is_python(first):
        # Not for `bash -c` and `python -m`.
        first = words[1] if len(words) > 1 else "-"
        return "" if first.startswith(("-", "/", "$")) else first
    return first if "/" in first and not first.startswith(("/", "$", "~")) else ""


def is_python(word: str) -> bool:
    return bool(re.fullmatch(r"python[\d.]*", word))


def simple_commands(text: str) -> Iterator[Words]:
    for line in text.replace("\\\n", " ").splitlines():
        words: Words = []
        for word in split(line):
            if ENDS.fullmatch(word):
                yield from stripped(words)
                words = []
            else:
                words.append(word)
        yield from stripped(words)


def split(line: str) -> Words:
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    try:
        return list(reader)
    except ValueError:
        # A quoted string over several lines.
        return line.split()


def stripped(words: Words) -> Iterator[Words]:
    """Without keywords and variables in front of the program."""
    for place, word in enumerate(words):
        if word not in KEYWORDS and not re.match(r"\w+=", word):
            yield words[place:]
            return
