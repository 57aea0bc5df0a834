"""What the documents say is so."""

import os
import re
from pathlib import Path

import pytest

from slipway.tests.git import tracked
from tests.commands import ROOT

PAGES = tracked("*.md")
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text())
    local = [target for target in targets if "://" not in target]

    assert [target for target in local if not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_can_be_run(page: str) -> None:
    named = set(re.findall(r"(?<![\w/.])bin/[a-z-]+", (ROOT / page).read_text()))

    assert [command for command in named if not os.access(ROOT / command, os.X_OK)] == []


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_are_there(page: str) -> None:
    named = re.findall(r"`((?:apps|config|docs|tests|requirements|tools)/[\w./-]*)`", (ROOT / page).read_text())

    assert [name for name in named if not (ROOT / name).exists() and not name.startswith("apps/notes")] == []


def test_the_readme_names_every_folder_and_every_command() -> None:
    folders = {Path(path).parts[0] for path in tracked("*/*") if path[0] not in ".{"}
    commands = {Path(path).name for path in tracked("bin/*")}

    assert [name for name in folders if f"`{name}/" not in README] == []
    assert [name for name in commands if f"`{name}`" not in README and f"bin/{name}" not in README] == []


def test_the_readme_can_be_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= 90


@pytest.mark.parametrize("page", tracked("docs/decisions/*.md"))
def test_a_decision_tells_context_choice_and_cost_in_short(page: str) -> None:
    text = (ROOT / page).read_text()

    assert [word for word in ("**Context.**", "**Choice.**", "**Cost.**") if word not in text] == []
    assert len(text.splitlines()) <= 20
