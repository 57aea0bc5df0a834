import pytest

from slipway.rehearse import health
from slipway.rehearse.health import HealthResult
from slipway.tests.rehearse.connections import Instance, Talk, closed_port, hang, hang_up, listening, run_async


async def result(talk: Talk, path: str = "/health/") -> HealthResult:
    async with listening(talk) as address:
        return await health.check_health(address, "shop.onrender.com", path)


def saying(status: str, header: str = "") -> Instance:
    return Instance(f"HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\n\r\n".encode())


@run_async
@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
async def test_a_2xx_response_is_healthy(status: str) -> None:
    assert (await result(saying(status))).healthy


@run_async
async def test_a_health_check_uses_plain_http_and_the_host_of_the_service() -> None:
    instance = saying("200 OK")
    await result(instance)

    assert instance.heads[0].startswith("GET /health/ HTTP/1.1\r\n")
    assert instance.header("host") == ["shop.onrender.com"]
    assert instance.header("x-forwarded-proto") == []


@run_async
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
async def test_a_redirect_is_permanently_unhealthy(status: str) -> None:
    found = await result(saying(status, "Location: https://shop.onrender.com/health/\r\n"))

    assert (found.healthy, found.permanent) == (False, True)
    assert found.message == f"redirects with {status[:3]} to https://shop.onrender.com/health/"
    assert "Exempt /health/" in found.hint


@run_async
async def test_a_rejected_host_is_permanently_unhealthy() -> None:
    found = await result(saying("400 Bad Request"))

    assert (found.healthy, found.permanent) == (False, True)
    assert "ALLOWED_HOSTS" in found.hint


@run_async
@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "503 Service Unavailable"])
async def test_other_errors_are_checked_again(status: str) -> None:
    found = await result(saying(status))

    assert (found.healthy, found.permanent) == (False, False)
    assert found.message == f"responds with {status[:3]}"


@run_async
async def test_a_missing_path_has_a_hint() -> None:
    assert "/health/" in (await result(saying("404 Not Found"))).hint


@run_async
@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (hang_up, "closed the connection without a response"),
        (Instance(b"hello world\r\n\r\n"), "the response is incomplete: The status is not a number."),
        (Instance(b"hello\r\n\r\n"), "the response is incomplete: This is not HTTP."),
        (hang, "no response within 0.1 s"),
    ],
    ids=["hang up", "two words", "a word", "hang"],
)
async def test_an_incomplete_response_is_unhealthy(talk: Talk, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.1)
    found = await result(talk)

    assert (found.healthy, found.permanent, found.message) == (False, False, words)


@run_async
async def test_a_closed_port_has_a_hint() -> None:
    found = await health.check_health(closed_port(), "shop.onrender.com", "/health/")

    assert not found.healthy
    assert "$PORT" in found.hint


@run_async
async def test_without_a_path_an_open_port_is_enough() -> None:
    assert (await result(hang, path="")).healthy
