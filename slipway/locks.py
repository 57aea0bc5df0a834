"""Removes packages from a lock that nothing requires any more, without a package index.

A lock names below each pin, after `# via`, the packages and the files that require it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

VIA = "    # via"


@dataclass(frozen=True)
class Pin:
    name: str
    text: str
    required_by: tuple[str, ...]


def cut(lock: str, wanted: dict[str, Collection[str]]) -> str:
    """`wanted` has the requirements of each file that the lock names."""
    pins = [pin(text) for text in re.split(r"\n(?=[a-z0-9])", lock.rstrip("\n"))]
    kept: set[str] = set()
    while more := {pin.name for pin in pins if pin.name not in kept and requirers(pin, kept, wanted)}:
        kept |= more
    left = [rewritten(pin, requirers(pin, kept, wanted), wanted) for pin in pins if pin.name in kept]
    return "\n".join(left) + "\n"


def pin(text: str) -> Pin:
    _, _, via = text.partition(VIA)
    return Pin(text.partition("==")[0], text, tuple(line.strip(" #") for line in via.split("\n") if line.strip(" #")))


def requirers(pin: Pin, kept: Collection[str], wanted: dict[str, Collection[str]]) -> list[str]:
    """What still requires it: a package that stays, or a file such as `-r base.in`."""
    return [
        name for name in pin.required_by if name in kept or (name.startswith("-r ") and pin.name in wanted[name[3:]])
    ]


def rewritten(pin: Pin, requirers: list[str], wanted: dict[str, Collection[str]]) -> str:
    """The pin with what requires it, and with `-c production.txt` where that lock constrains it."""
    constraints = [name for name in pin.required_by if name.startswith("-c ") and pin.name in wanted[name[3:]]]
    names = [*constraints, *requirers]
    via = f" {names[0]}" if len(names) == 1 else "".join(f"\n    #   {name}" for name in names)
    return pin.text.partition(VIA)[0] + VIA + via


def asked(requirements: str) -> set[str]:
    """The names in a requirements file, as a lock writes them."""
    return {in_a_lock(name) for name in re.findall(r"^[A-Za-z0-9][\w.-]*", requirements, re.MULTILINE)}


def in_a_lock(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
