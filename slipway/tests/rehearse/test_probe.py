import pytest

from slipway.rehearse import probe
from slipway.rehearse.probe import Verdict
from slipway.tests.rehearse.conversations import Instance, Talk, hang, hang_up, in_a_loop, listening, nobody


async def verdict(talk: Talk, path: str = "/health/") -> Verdict:
    async with listening(talk) as address:
        return await probe.probe(address, "shop.onrender.com", path)


def saying(status: str, header: str = "") -> Instance:
    return Instance(f"HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\n\r\n".encode())


@in_a_loop
@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
async def test_a_good_answer_is_healthy(status: str) -> None:
    assert (await verdict(saying(status))).well


@in_a_loop
async def test_the_probe_asks_by_plain_http_with_the_services_own_name() -> None:
    instance = saying("200 OK")
    await verdict(instance)

    assert instance.heads[0].startswith("GET /health/ HTTP/1.1\r\n")
    assert instance.header("host") == ["shop.onrender.com"]
    assert instance.header("x-forwarded-proto") == []


@in_a_loop
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
async def test_a_redirect_is_not_healthy_and_waiting_does_not_mend_it(status: str) -> None:
    found = await verdict(saying(status, "Location: https://shop.onrender.com/health/\r\n"))

    assert (found.well, found.final) == (False, True)
    assert found.words == f"answered {status[:3]}, to https://shop.onrender.com/health/"
    assert "Exempt /health/" in found.hint


@in_a_loop
async def test_a_refused_host_is_not_healthy_and_waiting_does_not_mend_it() -> None:
    found = await verdict(saying("400 Bad Request"))

    assert (found.well, found.final) == (False, True)
    assert "ALLOWED_HOSTS" in found.hint


@in_a_loop
@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "503 Service Unavailable"])
async def test_other_bad_answers_may_get_better(status: str) -> None:
    found = await verdict(saying(status))

    assert (found.well, found.final) == (False, False)
    assert found.words == f"answered {status[:3]}"


@in_a_loop
async def test_a_path_that_is_not_there_is_hinted_at() -> None:
    assert "/health/" in (await verdict(saying("404 Not Found"))).hint


@in_a_loop
@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (hang_up, "hung up without an answer"),
        (Instance(b"hello world\r\n\r\n"), "broke off: The status is no number."),
        (Instance(b"hello\r\n\r\n"), "broke off: This is not HTTP."),
        (hang, "did not answer within 0.1 s"),
    ],
    ids=["hang up", "two words", "a word", "hang"],
)
async def test_what_is_no_answer_is_not_healthy(talk: Talk, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PATIENCE", 0.1)
    found = await verdict(talk)

    assert (found.well, found.final, found.words) == (False, False, words)


@in_a_loop
async def test_a_port_where_nobody_listens_is_hinted_at() -> None:
    found = await probe.probe(nobody(), "shop.onrender.com", "/health/")

    assert not found.well
    assert "$PORT" in found.hint


@in_a_loop
async def test_without_a_path_an_open_port_is_enough() -> None:
    assert (await verdict(hang, path="")).well
