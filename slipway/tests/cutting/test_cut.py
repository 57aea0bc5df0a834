import pytest

from slipway.cut import CATALOGUE, HISTORY, take_out
from slipway.tree import Files

TABLE = b"""\
# What can go.

[apples]
title = "Apples"
files = ["garden/apples", "docs/apples.md", "garden/trees/tall.py"]
words = ["apple"]

[pears]
title = "Pears"
files = ["garden/pears.py"]
words = ["pear"]

[[shared]]
features = ["apples", "pears"]
files = ["garden/compote.py"]

[[swap]]
without = ["apples", "pears"]
file = "Menu"
old = 'fruit: (\\w+)'
new = 'no \\1'
"""
HASH = b" \\\n    --hash=sha256:0123\n    # via"
CORE, PEEL, STONE = (name + b"==1.0" + HASH for name in (b"core", b"peel", b"stone"))

GARDEN: Files = {
    CATALOGUE: TABLE,
    HISTORY: b"# What was\n\n- Apples.\n",
    "README.md": b"# Garden\n\n## Apples\n\nRed.\n\n## Others\n\nNuts.\n\nPears.\n",
    "docs/apples.md": b"# Apples\n",
    "docs/fruit.md": (
        b"# Fruit\n\n[All of them](apples.md#red).\n\nIn `garden/trees/`.\n\nIn [one](../garden/trees/tall.py).\n\n"
        b"Trees, and garden/others/.\n"
    ),
    "garden/__init__.py": b"",
    "garden/apples/__init__.py": b"",
    "garden/apples/red.py": b"red = 1\n",
    "garden/trees/__init__.py": b"",
    "garden/trees/tall.py": b"tall = 1\n",
    "garden/others/__init__.py": b"",
    "garden/apples.txt": b"many\n",
    "garden/compote.py": b"sweet = 1\n",
    "garden/pears.py": b"green = 1\n",
    "garden/pick.py": b"import basket\n\n# Apples\nimport core\n\n# Pears\nimport stone\n",
    "garden/photo": b"# Apples\nred\n\0",
    "Menu": b"fruit: pie\n",
    "requirements/base.in": b"# Apples\ncore\n\n# Pears\nstone\n",
    "requirements/development.in": b"-r base.in\npeel\n",
    "requirements/production.txt": CORE + b" -r base.in\n" + PEEL + b" core\n" + STONE + b" -r base.in\n",
    "requirements/development.txt": (
        CORE
        + b"\n    #   -c production.txt\n    #   -r base.in\n"
        + PEEL
        + b"\n    #   -c production.txt\n    #   -r development.in\n    #   core\n"
        + STONE
        + b"\n    #   -c production.txt\n    #   -r base.in\n"
    ),
}
TALL: Files = {"garden/trees/tall.py": b""}


def test_nothing_changes_when_nothing_is_taken_out() -> None:
    assert take_out(GARDEN, []) == GARDEN


def test_a_feature_goes_from_files_pages_requirements_and_locks() -> None:
    left = take_out(GARDEN, ["apples"])

    assert {path: content for path, content in left.items() if content != GARDEN[path]} == {
        "README.md": b"# Garden\n\n## Others\n\nNuts.\n\nPears.\n",
        "docs/fruit.md": b"# Fruit\n\nTrees, and garden/others/.\n",
        "garden/pick.py": b"import basket\n\n# Pears\nimport stone\n",
        "requirements/base.in": b"# Pears\nstone\n",
        "requirements/production.txt": STONE + b" -r base.in\n",
        "requirements/development.txt": (
            PEEL + b" -r development.in\n" + STONE + b"\n    #   -c production.txt\n    #   -r base.in\n"
        ),
    }


def test_a_package_goes_when_only_its_empty_beginning_would_be_left() -> None:
    gone = GARDEN.keys() - take_out(GARDEN, ["apples"]).keys()

    assert gone == {
        "docs/apples.md",
        "garden/apples/__init__.py",
        "garden/apples/red.py",
        "garden/compote.py",
        "garden/trees/__init__.py",
        "garden/trees/tall.py",
    }


def test_a_package_goes_with_the_last_package_in_it() -> None:
    left = take_out({CATALOGUE: TABLE, "garden/__init__.py": b"", "garden/trees/__init__.py": b"", **TALL}, ["apples"])

    assert left.keys() == {CATALOGUE}


@pytest.mark.parametrize("beside", [{"garden/trees/__init__.py": b"low = 1\n"}, {"garden/trees/low.txt": b""}])
def test_a_package_stays_with_anything_else_in_it(beside: Files) -> None:
    left = take_out({CATALOGUE: TABLE, "garden/trees/__init__.py": b"", **TALL, **beside}, ["apples"])

    assert left.keys() == {CATALOGUE, "garden/trees/__init__.py", *beside}


@pytest.mark.parametrize(
    ("page", "line", "stays"),
    [
        ("docs/more.md", "See garden/trees.", False),
        ("docs/more.md", "See `../garden/trees/tall.py`.", False),
        ("docs/more.md", "See garden/ for all.", True),
        ("docs/more.md", "Apples.", False),
        ("garden/more.md", "See trees/.", False),
        ("garden/more.md", "Tall trees grow there.", True),
    ],
)
def test_a_page_loses_what_leads_to_something_gone(page: str, line: str, stays: bool) -> None:
    left = take_out({**GARDEN, page: f"# More\n\n{line}\n\nThe end.\n".encode()}, ["apples"])

    assert (line.encode() in left[page]) is stays


def test_a_swap_is_made_when_the_last_of_its_features_goes() -> None:
    assert take_out(GARDEN, ["apples"])["Menu"] == b"fruit: pie\n"
    assert take_out(GARDEN, ["apples", "pears"])["Menu"] == b"no pie\n"


def test_a_swap_needs_no_file_that_is_not_there() -> None:
    assert "Menu" not in take_out({CATALOGUE: TABLE}, ["apples", "pears"])


def test_the_heading_of_the_users_lines_ends_a_paragraph_and_stays() -> None:
    code = b"LIST = [\n    core,\n    # Apples\n    peel,\n    # Yours\n    mine,\n]\n"

    left = take_out({**GARDEN, "garden/list.py": code}, ["apples"])

    assert left["garden/list.py"] == b"LIST = [\n    core,\n    # Yours\n    mine,\n]\n"
