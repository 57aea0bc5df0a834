import pytest

from slipway import markdown

PAGE = """\
# A garden

What grows here:

- plums
- cherries, which
  come early

  and go early

- nuts

## Tools

| Tool | For |
| --- | --- |
| saw | wood |

```sh
dig here

dig there
```
"""


def without_apples(page: str) -> str:
    return markdown.cut(page, lambda piece: "apple" in piece.lower())


@pytest.mark.parametrize("page", [PAGE, "# A\n## Empty\n\n\n5. in its own way\n", "No line end"])
def test_a_page_without_mentions_comes_back_unchanged(page: str) -> None:
    assert without_apples(page) == page


def test_a_chapter_goes_with_all_that_it_held() -> None:
    page = "# A\n\n## Apples\n\nRed.\n\n### Peeling\n\nSlowly.\n\n## Nuts\n\nHard.\n"

    assert without_apples(page) == "# A\n\n## Nuts\n\nHard.\n"


def test_a_sub_chapter_goes_without_its_chapter() -> None:
    page = "# A\n\n## Fruit\n\nSweet.\n\n### Apples\n\nRed.\n\n### Nuts\n\nHard.\n"

    assert without_apples(page) == "# A\n\n## Fruit\n\nSweet.\n\n### Nuts\n\nHard.\n"


def test_headings_need_no_blank_line_between_them() -> None:
    assert without_apples("# A\n## Apples\n## Nuts\n\nHard.\n") == "# A\n\n## Nuts\n\nHard.\n"


def test_the_title_of_the_page_stays() -> None:
    assert without_apples("# A\n\nApples.\n") == "# A\n"
    assert without_apples("# Apples and nuts\n\nApples.\n\nNuts.\n") == "# Apples and nuts\n\nNuts.\n"


def test_a_paragraph_goes_as_a_whole() -> None:
    assert without_apples("# A\n\nFirst\nan apple.\n\nThen\na nut.\n") == "# A\n\nThen\na nut.\n"


@pytest.mark.parametrize("item", ["- an apple", "- red\n  apples", "- red\n\n  apples", "- red\n\n      peel apples"])
def test_an_item_goes_with_all_its_lines(item: str) -> None:
    assert without_apples(f"- nuts\n{item}\n- plums\n") == "- nuts\n- plums\n"


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_what_is_left_of_a_numbered_list_is_numbered_anew(between: str) -> None:
    steps = ["1. Dig.", "2. Pick an apple.", "3. Rest,\n   long.\n\n   And sleep.", "4. Eat an apple."]

    assert without_apples(between.join(steps) + "\n") == f"1. Dig.{between}2. Rest,\n   long.\n\n   And sleep.\n"


def test_bullets_and_numbers_are_lists_of_their_own() -> None:
    assert without_apples("- apples\n- nuts\n\n1. Dig.\n") == "- nuts\n\n1. Dig.\n"


def test_a_row_goes_from_a_table() -> None:
    table = "| Fruit | Colour |\n| --- | --- |\n"

    assert without_apples(f"{table}| apple | red |\n| plum | blue |\n") == f"{table}| plum | blue |\n"


@pytest.mark.parametrize(
    "announced",
    [
        "| Fruit | Colour |\n| --- | --- |\n| apple | red |",
        "- apple\n- apples",
        "1. apple\n\n2. apples",
        "```\napple\n```",
        "An apple.",
        "Even apples:\n\n- red",
        "More of it:\n\n- apple",
    ],
)
def test_what_announces_goes_with_what_it_announced(announced: str) -> None:
    left = without_apples(f"# A\n\nWhat there is:\n\n{announced}\n\nThe end.\n")

    assert "What there is" not in left
    assert left.endswith("The end.\n")


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_what_announces_stays_with_what_is_left(between: str) -> None:
    assert without_apples(f"There is:\n\n- apple{between}- nut\n") == "There is:\n\n- nut\n"


def test_what_only_stands_before_it_stays() -> None:
    assert without_apples("Hungry.\n\n- apple\n\nThirsty.\n") == "Hungry.\n\nThirsty.\n"


def test_an_example_loses_the_lines_and_keeps_single_blank_lines() -> None:
    page = "```sh\npick apple\n\n# Plums\nshake\n\npeel apple\n\nrest\n```\n\nThe end.\n"

    assert without_apples(page) == "```sh\n# Plums\nshake\n\nrest\n```\n\nThe end.\n"


def test_an_example_without_mentions_keeps_its_layout() -> None:
    assert without_apples("```\ndig\n\n\nrest\n```\n\nApples.\n") == "```\ndig\n\n\nrest\n```\n"


def test_a_comment_in_an_example_is_no_chapter() -> None:
    page = "## Fruit\n\n```sh\n## apples\npick\n\nshake\n```\n\nThe end.\n"

    assert without_apples(page) == "## Fruit\n\n```sh\npick\n\nshake\n```\n\nThe end.\n"


def test_a_chapter_that_is_left_empty_goes_with_its_parent() -> None:
    page = "# A\n\n## Fruit\n\n### Red\n\nApples.\n\n## Nuts\n\nHard.\n\n## Last\n\nApples.\n"

    assert without_apples(page) == "# A\n\n## Nuts\n\nHard.\n"
