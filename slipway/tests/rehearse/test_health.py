import pytest

from slipway.rehearse import health
from slipway.rehearse.health import HealthResult
from slipway.tests.rehearse.connections import Instance, Talk, hang, hang_up, listening, nobody, run_async


async def verdict(talk: Talk, path: str = "/health/") -> HealthResult:
    async with listening(talk) as address:
        return await health.check_health(address, "shop.onrender.com", path)


def saying(status: str, header: str = "") -> Instance:
    return Instance(f"HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\n\r\n".encode())


@run_async
@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
async def test_a_good_answer_is_healthy(status: str) -> None:
    assert (await verdict(saying(status))).healthy


@run_async
async def test_the_probe_asks_by_plain_http_with_the_services_own_name() -> None:
    instance = saying("200 OK")
    await verdict(instance)

    assert instance.heads[0].startswith("GET /health/ HTTP/1.1\r\n")
    assert instance.header("host") == ["shop.onrender.com"]
    assert instance.header("x-forwarded-proto") == []


@run_async
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
async def test_a_redirect_is_not_healthy_and_waiting_does_not_mend_it(status: str) -> None:
    found = await verdict(saying(status, "Location: https://shop.onrender.com/health/\r\n"))

    assert (found.healthy, found.permanent) == (False, True)
    assert found.message == f"redirects with {status[:3]} to https://shop.onrender.com/health/"
    assert "Exempt /health/" in found.hint


@run_async
async def test_a_refused_host_is_not_healthy_and_waiting_does_not_mend_it() -> None:
    found = await verdict(saying("400 Bad Request"))

    assert (found.healthy, found.permanent) == (False, True)
    assert "ALLOWED_HOSTS" in found.hint


@run_async
@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "503 Service Unavailable"])
async def test_other_bad_answers_may_get_better(status: str) -> None:
    found = await verdict(saying(status))

    assert (found.healthy, found.permanent) == (False, False)
    assert found.message == f"responds with {status[:3]}"


@run_async
async def test_a_path_that_is_not_there_is_hinted_at() -> None:
    assert "/health/" in (await verdict(saying("404 Not Found"))).hint


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
async def test_what_is_no_answer_is_not_healthy(talk: Talk, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.1)
    found = await verdict(talk)

    assert (found.healthy, found.permanent, found.message) == (False, False, words)


@run_async
async def test_a_port_where_nobody_listens_is_hinted_at() -> None:
    found = await health.check_health(nobody(), "shop.onrender.com", "/health/")

    assert not found.healthy
    assert "$PORT" in found.hint


@run_async
async def test_without_a_path_an_open_port_is_enough() -> None:
    assert (await verdict(hang, path="")).healthy
