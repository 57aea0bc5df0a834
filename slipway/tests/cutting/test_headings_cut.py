from itertools import permutations

import pytest

from slipway import headings

KNOWN = {"Apples", "Pears"}

ORCHARD = '''\
# Apples
import apples

# Pears
import pears

FRUIT = [
    "plums",
    # Apples
    "apples",
    # Apples, Pears
    "compote",
    # Pears
    "pears",
]


# Apples
@ripe
def pick(
    basket,
):
    """Into the basket."""

    basket.add("apple")

    return basket


class Tree:
    # Pears
    pears = 3

    plums = 4

    # Apples
    apples = 5


# Pears
def shake():
    # Apples
    apples.fall()

    pears.fall()
'''


def without(text: str, *gone: str) -> str:
    return headings.cut(text, gone, KNOWN)


def test_a_paragraph_in_a_list_ends_at_the_next_heading() -> None:
    text = 'fruit = [\n    # Apples\n    "red",\n    # Pears\n    "green",\n]\n'

    assert without(text, "Apples") == 'fruit = [\n    # Pears\n    "green",\n]\n'


@pytest.mark.parametrize("gone", [["Apples"], ["Pears"], ["Apples", "Pears"]])
def test_what_needs_several_features_goes_with_any(gone: list[str]) -> None:
    assert without("a = 1\n\n# Apples, Pears\nb = 2\n", *gone) == "a = 1\n"


def test_a_function_goes_with_its_decorators_and_all_its_body() -> None:
    text = "a = 1\n\n\n# Apples\n@ripe\ndef pick():\n    x = 1\n\n    return x\n\n\ndef stay():\n    pass\n"

    assert without(text, "Apples") == "a = 1\n\n\ndef stay():\n    pass\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a = 1\n\n# Apples\nb = 2\n\n\ndef f(): ...\n", "a = 1\n\n\ndef f(): ...\n"),
        ("def f(): ...\n\n\n# Apples\nb = 2\n\nc = 3\n", "def f(): ...\n\n\nc = 3\n"),
    ],
)
def test_two_blank_lines_stay_around_a_function(text: str, left: str) -> None:
    assert without(text, "Apples") == left


def test_the_last_of_a_block_leaves_the_blank_lines_after_the_block() -> None:
    text = "def f():\n    a()\n\n    # Apples\n    b()\n\n\ndef g(): ...\n"

    assert without(text, "Apples") == "def f():\n    a()\n\n\ndef g(): ...\n"


def test_the_last_of_a_list_leaves_no_blank_line_at_its_end() -> None:
    assert without("[\n    1,\n\n    # Apples\n    2,\n]\n", "Apples") == "[\n    1,\n]\n"


def test_the_first_of_a_block_leaves_no_blank_line_at_its_start() -> None:
    assert without("def f():\n    # Apples\n    a()\n\n    b()\n", "Apples") == "def f():\n    b()\n"


def test_a_file_neither_starts_nor_ends_with_blank_lines() -> None:
    text = "# Apples\na = 1\n\nb = 2\n\n# Apples\nc = 3\n"

    assert without(text, "Apples") == "b = 2\n"
    assert without("b = 2\n\n# Apples\nc = 3", "Apples") == "b = 2\n"
    assert without("# Apples\na = 1\n", "Apples") == ""


def test_two_headings_in_a_row_are_two_paragraphs() -> None:
    text = "# Apples\n# Pears\nb = 2\n"

    assert without(text, "Apples") == "# Pears\nb = 2\n"
    assert without(text, "Pears") == "# Apples\n"


@pytest.mark.parametrize(
    "heading",
    ["# Apples", "// Apples", "-- Apples", "/* Apples */", "{# Apples #}", "<!-- Apples -->", "# Pears, Apples"],
)
def test_headings_are_comments_of_many_languages(heading: str) -> None:
    assert without(f"a\n\n{heading}\nb\n\nc\n", "Apples") == "a\n\nc\n"


@pytest.mark.parametrize(
    "comment", ["# Apples are red.", "# apples", "#Apples", "# Apples and Pears", "# Apples, Plums", "a  # Apples"]
)
def test_an_ordinary_comment_is_no_heading(comment: str) -> None:
    text = f"{comment}\nb\n"

    assert without(text, "Apples") == text


def test_what_is_not_gone_stays_as_it_is() -> None:
    assert without(ORCHARD) == ORCHARD
    assert without(ORCHARD, "Plums") == ORCHARD


def test_the_order_in_which_features_go_makes_no_difference() -> None:
    both = without(ORCHARD, *KNOWN)

    assert [without(without(ORCHARD, first), second) for first, second in permutations(KNOWN)] == [both, both]
    assert both == 'FRUIT = [\n    "plums",\n]\n\n\nclass Tree:\n    plums = 4\n'
