from typing import Any

from django.test import Client

HEADERS = [
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
]


def test_every_page_has_the_security_headers(client: Client) -> None:
    for path in ("/health/live/", "/no-such-page/"):
        response = client.get(path)

        assert [name for name in HEADERS if name not in response.headers] == []


def test_the_request_id_of_the_client_is_kept(client: Client) -> None:
    assert (
        client.get("/health/live/", headers={"X-Request-ID": "abc-123.def_4"}).headers["X-Request-ID"]
        == "abc-123.def_4"
    )


def test_a_body_over_the_limit_is_rejected(settings: Any, client: Client) -> None:
    settings.MAX_BODY_SIZE = 100

    assert client.post("/api/v1/", b"x" * 101, content_type="application/octet-stream").status_code == 413
