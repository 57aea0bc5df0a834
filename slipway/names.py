"""The few places where the project's name stands, and how to change it there: no import bears it."""

import ast
import datetime
import json
import re
import unicodedata

from slipway.tree import Files, rewrite

SETTINGS, README, PROJECT = "config/settings/base.py", "README.md", "pyproject.toml"


def name_of(files: Files) -> str:
    found = re.search(r"(?m)^SITE_NAME = (.*)$", files[SETTINGS].decode())
    assert found, f"{SETTINGS} names no SITE_NAME."
    return str(ast.literal_eval(found[1]))


def slug_of(files: Files) -> str:
    found = re.search(r'(?m)^name = "(.*)"$', files[PROJECT].decode())
    assert found, f"{PROJECT} names no project."
    return found[1]


def year_of(files: Files) -> str:
    found = re.search(r"(?m)^Copyright \(c\) (\d{4})", files.get("LICENSE", b"").decode())
    return found[1] if found else str(datetime.datetime.now(datetime.UTC).year)


def rename(files: Files, *, name: str, slug: str) -> Files:
    places = [
        (SETTINGS, r"^SITE_NAME = .*$", f"SITE_NAME = {in_code(name)}"),
        (README, r"\A# .*", f"# {name}"),
        (PROJECT, rf'^name = "{re.escape(slug_of(files))}"$', f'name = "{slug}"'),
    ]
    # Render
    places += services(files, slug)

    return rewrite(files, places)


def nameless(files: Files) -> Files:
    """A site may be called as a feature is, and must not go with it."""
    return rename(files, name="Nameless", slug="nameless")


# Render
GUIDE = "docs/render.md"


# Render
def services(files: Files, slug: str) -> list[tuple[str, str, str]]:
    """Services are named after the project, and so is their group of variables."""
    old = re.escape(slug_of(files))
    return [
        *((path, rf"(?<=name: ){old}(?=-|$)|(?<=fromGroup: ){old}$", slug) for path in blueprints(files)),
        *((path, rf"(?<=`){old}(?=-[a-z]+`|`)|(?<=https://){old}(?=-)", slug) for path in files if path == GUIDE),
    ]


# Render
def blueprints(files: Files) -> list[str]:
    return [path for path in files if re.fullmatch(r"(deploy/)?render[\w-]*\.yaml", path)]


def quoted(text: str) -> str:
    """As TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def in_code(text: str) -> str:
    """As Python writes it, with as few backslashes as can be."""
    if text.count('"') <= text.count("'"):
        return quoted(text)
    plain = text.replace("\\", r"\\").replace("'", r"\'")
    return f"'{plain}'"


def slug_for(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def wrong_name(name: str) -> str:
    """Why it is no name for a project; nothing where it is one."""
    return wrong_line(name, "project's name", longest=60)


def wrong_line(text: str, what: str, longest: int) -> str:
    # Two that join the parts of an emoji, and are seen as little as a tab.
    if not text.strip() or not re.sub(r"[\u200d\ufe0f]", "", text).isprintable():
        return f"The {what} must be one line of text."
    return "" if len(text) <= longest else f"The {what} must have {longest} characters at most."


def wrong_slug(slug: str) -> str:
    if re.fullmatch(r"(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*", slug):
        return ""
    return (
        f"A name for machines has up to 40 small letters and digits, with single hyphens between, such as my-site: "
        f"{slug!r} is none. Give one of your own."
    )
