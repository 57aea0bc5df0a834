from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from slipway.tests.site.browser import chromium as chromium
from slipway.tests.site.browser import new_tab as new_tab
from slipway.tests.site.live.client import Client
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne
from slipway.tests.site.serving.collected import collected as collected
from slipway.tests.site.serving.server import Server


@pytest.fixture(autouse=True)
def close_clients() -> Iterator[None]:
    yield
    while Client.opened:
        Client.opened.pop().close()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    urls = {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    # The server has to accept tokens that a test signs.
    with daphne(log=tmp_path / "log", command=SINGLE_PROCESS, SECRET_KEY=str(settings.SECRET_KEY), **urls) as server:
        yield server
