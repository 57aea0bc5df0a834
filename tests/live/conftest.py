from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser import chromium as chromium
from tests.browser import new_tab as new_tab
from tests.live.daphne import daphne
from tests.live.wire import Wire
from tests.serving.collected import collected as collected
from tests.serving.server import Server


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while Wire.opened:
        Wire.opened.pop().close()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    places = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    # Tokens that a test signs must be known there.
    with daphne(log=tmp_path / "log", SECRET_KEY=str(settings.SECRET_KEY), **places) as started:
        yield started
