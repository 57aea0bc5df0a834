"""deploy/nginx/site.conf in a real nginx, before the site in gunicorn."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.tests.site.serving.server import Answer, Server, serving, wait_until_listening
from tests.commands import ROOT
from tools.servers import free_port

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="without nginx")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("web") / "log"
    with serving(log=log, WEB_CONCURRENCY="1", SECURE_SSL_REDIRECT="false") as server:
        yield server


@pytest.fixture
def nginx(web: Server, tmp_path: Path) -> Iterator[Server]:
    media = tmp_path / "media"
    media.mkdir()
    (media / "page.html").write_text("<script>alert(1)</script>")
    port = free_port()
    text = (ROOT / "deploy/nginx/site.conf").read_text()
    for old, new in {
        "server web:8000": f"server 127.0.0.1:{web.port}",
        "server ws:8000": f"server 127.0.0.1:{free_port()}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/data/media/": f"{media}/",
        "/dev/stdout": str(tmp_path / "access"),
        "/dev/stderr": str(tmp_path / "error"),
    }.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{name}_temp_path {tmp_path / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = tmp_path / "nginx.conf"
    types = "types { text/html html; }"
    main.write_text(
        f"daemon off; pid {tmp_path / 'pid'}; {user} events {{}} http {{ {types} {temporary} include site.conf; }}"
    )
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(["nginx", "-p", tmp_path, "-c", main], stdout=log, stderr=log)
    server = Server(process, port, tmp_path / "log")
    try:
        wait_until_listening(server)
        yield server
    finally:
        server.stop()


def all_headers(answer: Answer) -> dict[str, list[str]]:
    return {name: answer.headers.get_all(name, []) for name in (*HEADERS, "Cross-Origin-Resource-Policy")}


def expected(resource_policy: str) -> dict[str, list[str]]:
    return {name: [value] for name, value in {**HEADERS, "Cross-Origin-Resource-Policy": resource_policy}.items()}


def test_errors_of_nginx_have_the_security_headers(nginx: Server) -> None:
    large = {"Host": "www.example.com", "Content-Length": str(12 * 1024**2)}
    answers = [nginx.ask("POST", "/", headers=large), nginx.get("/ws/nothing/"), nginx.get("/%zz")]

    assert [answer.status for answer in answers] == [413, 502, 400]
    for answer in answers:
        assert all_headers(answer) == expected("same-origin")
        assert answer.headers.get_all("Content-Security-Policy") == [
            "default-src 'none'; frame-ancestors 'none'; sandbox"
        ]


@pytest.mark.parametrize(("name", "status"), [("page.html", 200), ("nothing.html", 404)])
def test_uploaded_files_have_the_security_headers(nginx: Server, name: str, status: int) -> None:
    answer = nginx.get(f"/media/{name}")

    assert answer.status == status
    assert all_headers(answer) == expected("cross-origin")
    [policy] = answer.headers.get_all("Content-Security-Policy", [])
    assert "sandbox" in policy


@pytest.mark.parametrize(("path", "policy"), [("/nothing/", "same-origin"), ("/static/nothing.css", "cross-origin")])
def test_headers_of_the_site_are_sent_once(nginx: Server, path: str, policy: str) -> None:
    answer = nginx.get(path)

    assert all_headers(answer) == expected(policy)
    [content] = answer.headers.get_all("Content-Security-Policy", [])
    assert content.startswith("default-src 'self'")
