from dataclasses import dataclass
from pathlib import Path

import pytest

from config.variables import as_example, as_table, between, like, read, sections, var


@dataclass(frozen=True, kw_only=True)
class Table:
    # Site
    key: str = var("Signs.", local="stand-in", fix="make-a-key", needed_by=("web", "clock"))
    hosts: list[str] = var("Names.", local=["localhost"], fix="HOSTS=a.example", needed_by=("web",), unless="platform")
    ratio: float = var("Share.", default=0.5, check=between(0, 1))

    # Switches
    loud: bool = var("Shouts.", default=False)
    size: int = var("Size.", default=3)
    colour: str = var("Colour.", default="", check=like("red|blue", "must be red or blue"))
    platform: str = var("Set elsewhere.", default="")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Table.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)


def names(required_by: str | None = None) -> list[str]:
    return [f"{problem.name} {problem.what}" for problem in read(Table, dotenv=None, required_by=required_by)[1]]


def test_nothing_is_needed_where_nothing_is_required() -> None:
    table, problems = read(Table, dotenv=None, required_by=None)

    assert (table.key, table.hosts, table.ratio, table.loud, problems) == ("stand-in", ["localhost"], 0.5, False, [])


def test_production_must_be_told_what_has_no_default() -> None:
    assert names("web") == ["KEY is missing", "HOSTS is missing"]


def test_a_process_need_not_be_told_what_only_others_need() -> None:
    assert names("clock") == ["KEY is missing"]


def test_what_the_platform_knows_need_not_be_told_and_has_no_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM", "site.example")

    table, problems = read(Table, dotenv=None, required_by="web")

    assert (table.hosts, [problem.name for problem in problems]) == ([], ["KEY"])


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIZE", "  ")

    table, problems = read(Table, dotenv=None, required_by=None)

    assert (table.size, problems) == (3, [])


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("SIZE", "big", "SIZE must be a whole number"),
        ("RATIO", "half", "RATIO must be a number"),
        ("RATIO", "1.5", "RATIO must lie between 0 and 1"),
        ("LOUD", "perhaps", "LOUD must be true or false"),
        ("COLOUR", "green", "COLOUR must be red or blue"),
    ],
)
def test_a_value_that_makes_no_sense_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, what: str
) -> None:
    monkeypatch.setenv(name, value)

    assert names() == [what]


def test_a_problem_never_shows_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "hush-hush")

    table, problems = read(Table, dotenv=None, required_by=None)

    assert "hush-hush" not in str(problems[0]) + repr(problems) + repr(table)


def test_the_real_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("SIZE=4\nHOSTS=a.example, b.example\nKEY='in quotes'\n")
    monkeypatch.setenv("SIZE", "5")

    table, _ = read(Table, dotenv=dotenv, required_by=None)

    assert (table.size, table.hosts, table.key) == (5, ["a.example", "b.example"], "in quotes")


def test_headings_come_from_the_source() -> None:
    headings = {heading: [item.name for item in members] for heading, members in sections(Table)}

    assert headings == {"Site": ["key", "hosts", "ratio"], "Switches": ["loud", "size", "colour", "platform"]}


def test_documents_show_defaults_but_no_stand_in() -> None:
    for text in (as_example(Table), as_table(Table)):
        assert "0.5" in text
        assert "stand-in" not in text
