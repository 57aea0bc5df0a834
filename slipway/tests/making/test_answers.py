"""Which answers make a project, and what is told to those that do not."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from slipway import tree
from slipway.answers import AnswerError, complete
from slipway.project import out_of
from slipway.tests.making.checkouts import BEARERS, run
from slipway.tree import Files

# Each with the slug that is made of it, or given where none can be.
NAMES = {
    "O'Brien": "o-brien",
    'The "Blue" Note': "the-blue-note",
    "Both ' and \"": "both-and",
    "C:\\new\\1": "c-new-1",
    "Café Größe": "cafe-groe",
    "Rocket 🚀 Men": "rocket-men",
    "🏳️‍🌈 Club": "club",
    "3 Blind Mice": "3-blind-mice",
    "class": "class",
    "django": "django",
    "web": "web",
    "test": "test",
    "config": "config",
    "Slipway": "slipway",
    "Celery Render": "celery-render",
    "{{ braces }} {% too %} \\1 \\g<0>": "braces-too-1-g-0",
    "# Docker": "docker",
    "日本": "",
    "x" * 60: "",
}

# Where a name, an author and a description stand.
PLACES = BEARERS | {"LICENSE"}


@pytest.fixture(scope="module")
def files(template: Path) -> Files:
    return tree.read(template)


@pytest.fixture(scope="module")
def projects(files: Files) -> dict[str, Files]:
    """One for each of the names, and each of them its own author and description, too."""
    made = {}
    for name, slug in NAMES.items():
        given = {"project_name": name, "author": name, "description": name}
        made[name] = out_of(files, complete(given if slug else {**given, "project_slug": "given"}, ()))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stands_in_the_project_as_it_was_given(projects: dict[str, Files], name: str) -> None:
    project = {path: content.decode() for path, content in projects[name].items() if path in PLACES}
    table = tomllib.loads(project["pyproject.toml"])

    [site_name] = [
        ast.literal_eval(node.value)
        for node in ast.parse(project["config/settings/base.py"]).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SITE_NAME"
    ]
    assert site_name == name
    assert table["project"]["name"] == (NAMES[name] or "given")
    assert table["project"]["description"] == name
    assert table["project"]["authors"] == [{"name": name, "email": "hello@example.com"}]
    assert table["tool"]["template"]["project_name"] == name
    assert project["README.md"].startswith(f"# {name}\n\n{name}\n")
    assert f"Copyright (c) {table['tool']['template']['year']} {name}\n" in project["LICENSE"]


def test_no_name_spoils_format_or_lint(projects: dict[str, Files], tmp_path: Path) -> None:
    tree.write(projects["O'Brien"], tmp_path)
    everything = ["."]
    for name, project in projects.items():
        tree.write({path: project[path] for path in PLACES}, tmp_path)

        for command in (["format", "--check"], ["check"]):
            told = run(tmp_path, "python", "-m", "ruff", *command, "--no-cache", *everything)
            assert told.returncode == 0, f"{name}: {told.stdout}"
        everything = [path for path in PLACES if path.endswith(".py")]


def test_a_name_that_is_a_word_of_the_code_leaves_the_code_alone(projects: dict[str, Files]) -> None:
    plain = projects["O'Brien"]

    for name, project in projects.items():
        assert project.keys() == plain.keys()
        assert {path for path, content in project.items() if plain[path] != content} <= PLACES, name


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"project_name": "two\nlines"}, "The project's name must be one line of text."),
        ({"project_name": "a\x00b"}, "The project's name must be one line of text."),
        ({"project_name": "a\u202eb"}, "The project's name must be one line of text."),
        ({"project_name": " "}, "The project's name must be one line of text."),
        ({"project_name": "x" * 61}, "The project's name must have 60 characters at most."),
        ({"description": "two\nlines"}, "The description must be one line of text."),
        ({"description": "x" * 121}, "The description must have 120 characters at most."),
        ({"author": "a\tb"}, "The author must be one line of text."),
        ({"domain": "example"}, "The domain must be like www.example.com, not 'example'."),
        ({"domain": "https://example.com"}, "The domain must be like www.example.com, not 'https://example.com'."),
        ({"domain": "-a.example.com"}, "The domain must be like www.example.com, not '-a.example.com'."),
        ({"email": "ada"}, "The e-mail address must be like hello@example.com, not 'ada'."),
        ({"email": "a b@example.com"}, "The e-mail address must be like hello@example.com, not 'a b@example.com'."),
        ({"time_zone": "Mars"}, "There is no time zone 'Mars': give one like UTC or Europe/Berlin."),
        ({"time_zone": "../etc/passwd"}, "There is no time zone '../etc/passwd': give one like UTC or Europe/Berlin."),
        ({"time_zone": "Europe"}, "There is no time zone 'Europe': give one like UTC or Europe/Berlin."),
        ({"region": "mars"}, "The region must be one of frankfurt, ohio, oregon, singapore, virginia."),
        ({"plan": "gold"}, "The plan must be one of paid, free."),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_senseless_answer_is_refused_in_one_sentence(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(AnswerError, match=f"^{re.escape(complaint)}$"):
        complete({"project_name": "My Site", **given}, ())


@pytest.mark.parametrize("slug", ["", "My-Site", "my_site", "-site", "my--site", "../up", "a" * 41, "site\nsite"])
def test_a_name_for_machines_is_plain(slug: str) -> None:
    # An empty one is none given, and none can be made of this name.
    with pytest.raises(AnswerError, match=r"^The project slug must have 1 to 40 small letters and digits"):
        complete({"project_name": "🚀", "project_slug": slug}, ())


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises(AnswerError, match=r"^There is no feature redis: choose among celery, .*, render\.$"):
        complete({"project_name": "My Site"}, ("celery", "redis"))


def test_the_longest_name_needs_no_other_answer_but_a_slug() -> None:
    answers = complete({"project_name": "x" * 60, "project_slug": "x"}, ())

    assert answers.description == f"The site of {'x' * 60}."
    assert answers.author == f"The {'x' * 60} authors"


def test_what_is_left_out_is_remembered_once_and_in_order() -> None:
    assert complete({"project_name": "A"}, ("sentry", "celery", "sentry")).without == ("celery", "sentry")


def test_the_default_time_zone_needs_no_table_of_zones(template: Path) -> None:
    asking = "from slipway.answers import check_time_zone; print(repr(check_time_zone('UTC')), check_time_zone('Europe/Berlin'))"

    told = run(template, "python", "-S", "-c", asking, PYTHONTZPATH="")

    assert told.stdout.startswith("'' There is no time zone 'Europe/Berlin'")


def test_only_render_speaks_of_regions_and_plans(files: Files) -> None:
    given = {"project_name": "My Site", "region": "singapore"}

    with_render = out_of(files, complete(given, ()))
    without = out_of(files, complete(given, ("render",)))

    for path in ("render.yaml", "deploy/render-free.yaml"):
        assert set(re.findall(rb"(?m)^ *region: (.*)$", with_render[path])) == {b"singapore"}
    assert [path for path, content in without.items() if b"singapore" in content] == ["pyproject.toml"]


def test_the_free_plan_has_its_blueprint_at_the_root(files: Files) -> None:
    given = {"project_name": "My Site"}
    paid, free = (out_of(files, complete({**given, "plan": plan}, ())) for plan in ("paid", "free"))

    assert free["render.yaml"] == paid["deploy/render-free.yaml"]
    assert free["deploy/render-paid.yaml"] == paid["render.yaml"]
    assert "deploy/render-free.yaml" not in free
    assert not any(b"render-free.yaml" in content for content in free.values())


def test_a_project_without_channels_has_no_chat() -> None:
    assert complete({"project_name": "A"}, ("channels",)).without == ("channels", "chat")
    assert complete({"project_name": "A"}, ("chat",)).without == ("chat",)
