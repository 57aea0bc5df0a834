"""Whether a cron expression is one."""

import re

NUMBERS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
NAMES = {
    "month": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    "weekday": ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}


def mistake_in(schedule: str) -> str:
    """In words that go on after "the schedule"; nothing where it is right."""
    parts = schedule.split()
    if len(parts) != len(NUMBERS):
        return f"has {len(parts)} parts, not {len(NUMBERS)}"
    wrong = [name for name, part in zip(NUMBERS, parts, strict=True) if not fits(name, part)]
    return f"has no {wrong[0]} that cron knows" if wrong else ""


def fits(name: str, part: str) -> bool:
    return all(fits_item(name, item) for item in part.split(","))


def fits_item(name: str, item: str) -> bool:
    reach, slash, step = item.partition("/")
    if slash and not (step.isdecimal() and int(step)):
        return False
    if reach == "*":
        return True
    first, dash, last = reach.partition("-")
    low, high = number(name, first), number(name, last if dash else first)
    least, most = NUMBERS[name]
    return low is not None and high is not None and least <= low <= high <= most


def number(name: str, word: str) -> int | None:
    names = NAMES.get(name, [])
    if word.upper() in names:
        return names.index(word.upper()) + NUMBERS[name][0]
    return int(word) if re.fullmatch(r"\d{1,2}", word) else None
