import pytest

from tests.browser import chromium as chromium
from tests.browser import open_tab as open_tab


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: looks at pages with a real browser.")
