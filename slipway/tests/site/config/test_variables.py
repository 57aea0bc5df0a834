from dataclasses import dataclass
from pathlib import Path

import pytest

from config.variables import documentation, example_file, in_range, matches, read, sections, unknown_lines, var


@dataclass(frozen=True, kw_only=True)
class Table:
    # Site
    key: str = var("Signs.", local="local value", fix="make-a-key", needed_by=("web", "clock"))
    hosts: list[str] = var("Names.", local=["localhost"], fix="HOSTS=a.example", needed_by=("web",), unless="platform")
    ratio: float = var("Share.", default=0.5, validator=in_range(0, 1))

    # Switches
    loud: bool = var("Shouts.", default=False)
    size: int = var("Size.", default=3)
    colour: str = var("Colour.", default="", validator=matches("red|blue", "must be red or blue"))
    platform: str = var("Set elsewhere.", default="")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Table.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)


def names(process: str | None = None) -> list[str]:
    return [f"{problem.name} {problem.message}" for problem in read(Table, dotenv=None, process=process)[1]]


def test_no_variable_is_required_outside_production() -> None:
    table, problems = read(Table, dotenv=None, process=None)

    assert (table.key, table.hosts, table.ratio, table.loud, problems) == ("local value", ["localhost"], 0.5, False, [])


def test_production_requires_variables_without_a_default() -> None:
    assert names("web") == ["KEY is missing", "HOSTS is missing"]


def test_a_process_does_not_require_the_variables_of_others() -> None:
    assert names("clock") == ["KEY is missing"]


def test_a_variable_is_not_required_if_the_platform_sets_its_alternative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM", "site.example")

    table, problems = read(Table, dotenv=None, process="web")

    assert (table.hosts, [problem.name for problem in problems]) == ([], ["KEY"])


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIZE", "  ")

    table, problems = read(Table, dotenv=None, process=None)

    assert (table.size, problems) == (3, [])


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("SIZE", "big", "SIZE must be a whole number"),
        ("RATIO", "half", "RATIO must be a number"),
        ("RATIO", "1.5", "RATIO must be between 0 and 1"),
        ("LOUD", "perhaps", "LOUD must be true or false"),
        ("COLOUR", "green", "COLOUR must be red or blue"),
    ],
)
def test_an_invalid_value_is_a_problem(monkeypatch: pytest.MonkeyPatch, name: str, value: str, what: str) -> None:
    monkeypatch.setenv(name, value)

    assert names() == [what]


def test_a_problem_never_contains_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "hush-hush")

    table, problems = read(Table, dotenv=None, process=None)

    assert "hush-hush" not in str(problems[0]) + repr(problems) + repr(table)


def test_the_environment_overrides_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("SIZE=4\nHOSTS=a.example, b.example\nKEY='in quotes'\n")
    monkeypatch.setenv("SIZE", "5")

    table, _ = read(Table, dotenv=dotenv, process=None)

    assert (table.size, table.hosts, table.key) == (5, ["a.example", "b.example"], "in quotes")


def test_sections_are_the_comments_in_the_source() -> None:
    headings = {heading: [item.name for item in members] for heading, members in sections(Table)}

    assert headings == {"Site": ["key", "hosts", "ratio"], "Switches": ["loud", "size", "colour", "platform"]}


def test_documentation_has_defaults_but_no_local_values() -> None:
    for text in (example_file(Table), documentation(Table)):
        assert "0.5" in text
        assert "local value" not in text


def test_lines_of_dotenv_without_effect_are_reported_with_the_nearest_name(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("# SIEZ=1\n\nSIZE=1\nCOLUOR=hush-hush\nexport LOUD=1\nsecret\nOTHER_THING=1\nCOMPOSE_X=1\n")

    assert list(unknown_lines(Table, dotenv)) == [
        "COLUOR in line 4 of .env is unknown. Did you mean COLOUR?",
        "Line 5 of .env is not like NAME=value and has no effect.",
        "Line 6 of .env is not like NAME=value and has no effect.",
        "OTHER_THING in line 7 of .env is unknown. Variables are declared in config/env.py.",
    ]
    assert list(unknown_lines(Table, tmp_path / "none")) == []
