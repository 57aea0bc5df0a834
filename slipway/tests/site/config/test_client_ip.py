from typing import Any

import pytest
from django.test import RequestFactory

from config.client_ip import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "", "9.9.9.9"),
        (1, "7.7.7.7", "7.7.7.7"),
        (1, "1.1.1.1, 7.7.7.7", "7.7.7.7"),
        (2, "1.1.1.1, 7.7.7.7, 8.8.8.8", "7.7.7.7"),
        (2, "7.7.7.7", "9.9.9.9"),
        (1, "no address", "9.9.9.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:7.7.7.7", "7.7.7.7"),
    ],
)
def test_only_entries_of_trusted_proxies_count(
    settings: Any, rf: RequestFactory, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="9.9.9.9")

    assert client_ip(request) == address
