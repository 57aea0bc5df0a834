import pytest

from slipway import catalogue
from slipway.catalogue import Feature

TABLE = """\
# What grows, and
# what doesn't have to.

[apples]
title = "Apples"
about = "red ones"
files = [
  "garden/apples",
  "docs/apples.md",
]
words = ["apple", '\\bcores?\\b']
not_words = ["apple pie"]

[pears]
title = "Pears"
files = ["garden/pears"]
words = ["pear"]

[nuts]
title = "Nuts"

[[shared]]
features = ["apples", "pears"]
files = ["garden/compote.py"]

[[swap]]
without = ["apples", "pears"]
file = "menu"
old = 'fruit (\\w+)'
new = 'no \\1'

[[swap]]
without = ["nuts"]
file = "shop"
old = "nuts"
new = "none"
"""

GARDEN = catalogue.read(TABLE)


def test_the_table_tells_what_there_is() -> None:
    apples = Feature(
        key="apples",
        title="Apples",
        about="red ones",
        files=("garden/apples", "docs/apples.md"),
        words=("apple", r"\bcores?\b"),
        not_words=("apple pie",),
    )

    assert GARDEN.features["apples"] == apples
    assert GARDEN.titles == {"Apples", "Pears", "Nuts"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Apples are red.", [0]),
        ("An apple, two APPLES, one core.", [3, 14, 26]),
        ("An apple pie.", []),
        ("An apple pie of apples.", [16]),
        ("Encore, or a score.", []),
    ],
)
def test_a_text_speaks_of_a_feature_where_it_has_its_words(text: str, places: list[int]) -> None:
    assert GARDEN.features["apples"].mentions(text) == places


def test_nothing_speaks_of_a_feature_without_words() -> None:
    assert GARDEN.features["nuts"].mentions("Nuts.") == []


@pytest.mark.parametrize(
    ("keys", "files"),
    [
        (["apples"], ["garden/apples", "docs/apples.md", "garden/compote.py"]),
        (["pears"], ["garden/pears", "garden/compote.py"]),
        (["nuts"], []),
    ],
)
def test_what_several_share_goes_with_any_of_them(keys: list[str], files: list[str]) -> None:
    assert GARDEN.owned(keys) == files


@pytest.mark.parametrize(
    ("keys", "files"), [(["apples"], []), (["nuts", "apples"], ["shop"]), (["pears", "apples"], ["menu"])]
)
def test_a_swap_waits_until_all_its_features_are_gone(keys: list[str], files: list[str]) -> None:
    assert [swap.file for swap in GARDEN.due(keys)] == files
