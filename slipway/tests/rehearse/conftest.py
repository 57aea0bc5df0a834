"""Fixtures for tests of the rehearsal."""

from pathlib import Path

import pytest

from slipway.tests.rehearse.sample_site import Site


@pytest.fixture
def site(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path / "mysite", builds=tmp_path_factory.getbasetemp() / "builds")
