"""The template as a repository of its own, and projects that were made of it."""

from pathlib import Path

import pytest

from slipway.tests.making.checkouts import clone, copy_of_this, done

# Odd in every way that the questions allow.
ODD = {
    "name": "Ödd & Ends",
    "slug": "odd",
    "description": 'They say "so what", and a \\ too.',
    "domain": "odd.example.org",
    "author": "Zoë O'Hara",
    "email": "zoe@example.org",
    "time_zone": "Europe/Berlin",
    "region": "ohio",
    "plan": "free",
}
ODD_WITHOUT = ["celery", "cloudinary", "github"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody may change it: make a clone, where something changes."""
    return copy_of_this(tmp_path_factory.mktemp("template") / "slipway")


@pytest.fixture(scope="session")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with the defaults; nobody may change this one either."""
    folder = tmp_path_factory.mktemp("project") / "my-site"
    done(template, "python", "-m", "slipway", "new", folder, "--yes")
    return folder


@pytest.fixture(scope="session")
def odd_project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "odd"
    options = [f"--{key.replace('_', '-')}={text}" for key, text in ODD.items()]
    left_out = [f"--without={key}" for key in ODD_WITHOUT]
    done(template, "python", "-m", "slipway", "new", folder, "--yes", *options, *left_out)
    return folder


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """The project with the defaults, to be changed."""
    return clone(project, tmp_path / "copy")


@pytest.fixture
def clone_of_template(template: Path, tmp_path: Path) -> Path:
    return clone(template, tmp_path / "clone")
