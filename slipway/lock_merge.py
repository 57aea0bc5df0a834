"""Merges locks pin by pin instead of line by line: git runs it as a merge driver, with three versions of a file.

Two changes of neighbouring pins are no conflict. A package that one side no longer wants stays if the other side has a
new wish for it.
"""

import re
import subprocess
import sys
from pathlib import Path

from slipway.locks import VIA

Pins = dict[str, str]


class ConflictError(Exception):
    pass


def main(base: str, ours: str, theirs: str) -> int:
    old, mine, new = (Path(path).read_text(encoding="utf-8") for path in (base, ours, theirs))
    try:
        Path(ours).write_text(merge(old, mine, new), encoding="utf-8")
    except ConflictError:
        labels = ["-L", "yours", "-L", "before", "-L", "template"]
        return subprocess.run(["git", "merge-file", "--quiet", *labels, ours, base, theirs], check=False).returncode
    return 0


def merge(base: str, ours: str, theirs: str) -> str:
    old, mine, new = parse(base), parse(ours), parse(theirs)
    order = list(mine)
    for name in new:
        if name not in mine:
            order.insert(next((number for number, other in enumerate(order) if other > name), len(order)), name)
    merged = (merge_pin(old.get(name, ""), mine.get(name, ""), new.get(name, "")) for name in order)
    return "\n".join(filter(None, merged)) + "\n"


def parse(lock: str) -> Pins:
    """Each pin, with the lines below it, by its name and the Pythons that it is for."""
    pins: Pins = {}
    for text in re.split(r"\n(?=[A-Za-z0-9])", lock.strip("\n")):
        first = text.partition("\n")[0]
        name = re.sub(r"\s*\\?$", "", re.sub(r"==[^\s;]+", "", first)) or first
        if name in pins:
            raise ConflictError
        pins[name] = text
    return pins


def merge_pin(base: str, ours: str, theirs: str) -> str:
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if (ours and VIA not in ours) or (theirs and VIA not in theirs):
        raise ConflictError
    (old_pin, old), (our_pin, our), (their_pin, their) = map(split, (base, ours, theirs))
    # What both sides keep, and what either adds.
    wanted = (our & their) | (our - old) | (their - old)
    if not wanted:
        return ""
    pins = {our_pin, their_pin} - {old_pin, ""} or {old_pin}
    if len(pins) > 1:
        raise ConflictError
    names = sorted(wanted)
    via = f" {names[0]}" if len(names) == 1 else "".join(f"\n    #   {name}" for name in names)
    return pins.pop() + VIA + via


def split(text: str) -> tuple[str, set[str]]:
    """The pin itself, and who wants it."""
    pin, _, via = text.partition(VIA)
    if any(line.strip() and not line.startswith("    #") for line in via.split("\n")[1:]):
        raise ConflictError
    return pin, {line.strip(" #") for line in via.split("\n") if line.strip(" #")}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
