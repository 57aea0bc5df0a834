"""The places of the project's name. No Python package is named after the project."""

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
    """So that a project may be called like a feature that is removed."""
    return rename(files, name="Nameless", slug="nameless")


# Render
GUIDE = "docs/render.md"


# Render
def services(files: Files, slug: str) -> list[tuple[str, str, str]]:
    """Render's services and their group of variables are named after the project."""
    old = re.escape(slug_of(files))
    return [
        *((path, rf"(?<=name: ){old}(?=-|$)|(?<=fromGroup: ){old}$", slug) for path in blueprints(files)),
        *((path, rf"(?<=`){old}(?=-[a-z]+`|`)|(?<=https://){old}(?=-)", slug) for path in files if path == GUIDE),
    ]


# Render
def blueprints(files: Files) -> list[str]:
    return [path for path in files if re.fullmatch(r"(deploy/)?render[\w-]*\.yaml", path)]


def quoted(text: str) -> str:
    """As TOML."""
    return json.dumps(text, ensure_ascii=False)


def in_code(text: str) -> str:
    """As Python code, with as few backslashes as possible."""
    if text.count('"') <= text.count("'"):
        return quoted(text)
    plain = text.replace("\\", r"\\").replace("'", r"\'")
    return f"'{plain}'"


def slug_for(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def wrong_name(name: str) -> str:
    """What is wrong with a project's name. Empty if nothing is."""
    return wrong_line(name, "project's name", longest=60)


def wrong_line(text: str, what: str, longest: int) -> str:
    # The two characters that join the parts of an emoji are invisible, too.
    if not text.strip() or not re.sub(r"[\u200d\ufe0f]", "", text).isprintable():
        return f"The {what} must be one line of text."
    return "" if len(text) <= longest else f"The {what} must have {longest} characters at most."


def wrong_slug(slug: str) -> str:
    if re.fullmatch(r"(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*", slug):
        return ""
    return (
        f"The project slug must have 1 to 40 small letters and digits, with single hyphens between them, such as "
        f"my-site, not {slug!r}."
    )
