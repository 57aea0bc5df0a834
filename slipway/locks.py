"""Cuts a lock down to what is still wanted, by what it says about who wants what: without asking any package index.

A lock names under each pin, after `# via`, the packages and the files that asked for it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

VIA = "    # via"


@dataclass(frozen=True)
class Pin:
    name: str
    text: str
    wanted_by: tuple[str, ...]


def cut(lock: str, wanted: dict[str, Collection[str]]) -> str:
    """`wanted` has, for each file that the lock names, what that still asks for."""
    pins = [pin(text) for text in re.split(r"\n(?=[a-z0-9])", lock.rstrip("\n"))]
    kept: set[str] = set()
    while more := {pin.name for pin in pins if pin.name not in kept and askers(pin, kept, wanted)}:
        kept |= more
    left = [told(pin, askers(pin, kept, wanted), wanted) for pin in pins if pin.name in kept]
    return "\n".join(left) + "\n"


def pin(text: str) -> Pin:
    _, _, via = text.partition(VIA)
    return Pin(text.partition("==")[0], text, tuple(line.strip(" #") for line in via.split("\n") if line.strip(" #")))


def askers(pin: Pin, kept: Collection[str], wanted: dict[str, Collection[str]]) -> list[str]:
    """Who still asks for it: a package that stays, or a file as `-r base.in`."""
    return [
        asker for asker in pin.wanted_by if asker in kept or (asker.startswith("-r ") and pin.name in wanted[asker[3:]])
    ]


def told(pin: Pin, askers: list[str], wanted: dict[str, Collection[str]]) -> str:
    """The pin with those who ask for it, and with `-c production.txt` where that lock bounds the choice."""
    bounds = [asker for asker in pin.wanted_by if asker.startswith("-c ") and pin.name in wanted[asker[3:]]]
    names = [*bounds, *askers]
    via = f" {names[0]}" if len(names) == 1 else "".join(f"\n    #   {name}" for name in names)
    return pin.text.partition(VIA)[0] + VIA + via


def asked(requirements: str) -> set[str]:
    """The names in a file of requirements, as a lock writes them."""
    return {in_a_lock(name) for name in re.findall(r"^[A-Za-z0-9][\w.-]*", requirements, re.MULTILINE)}


def in_a_lock(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
