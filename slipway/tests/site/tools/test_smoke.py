"""`bin/smoke`, on sites that are broken or have other pages."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.commands import ROOT


def smoke(port: int, **environment: str) -> tuple[int, dict[str, str]]:
    """The exit code, and the line of each check."""
    command = [sys.executable, "-m", "tools.smoke", "http://www.example.com", f"--via=www.example.com=127.0.0.1:{port}"]
    done = subprocess.run(
        [*command, "--timeout=1"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, {line[9:23].strip(): line for line in done.stdout.splitlines()}


@contextmanager
def site(status: int, path: str = "") -> Iterator[int]:
    """A site that returns this status, or 404 for all other paths if a path is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path.startswith(path) else 404)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_redirect_to_another_address_fails() -> None:
    with site(301) as port:
        code, lines = smoke(port)

    assert code == 1
    assert "GET / returned 301, expected 200. Is this the public address of the site?" in lines["front page"]
    assert lines["health"].startswith("FAILED")


def test_checks_of_what_a_site_does_not_have_are_not_run() -> None:
    with site(200, path="/health/") as port:
        code, lines = smoke(port)

    assert code == 0, lines
    assert {line.split("  ")[0] for name, line in lines.items() if line.startswith(("ok", "not"))} == {"ok", "not run"}
    assert lines["health"].startswith("ok")
    assert "not run  front page" in lines["front page"]


def test_a_site_without_health_checks_fails() -> None:
    with site(200, path="/other/") as port:
        assert smoke(port)[0] == 1


def test_an_unreachable_site_fails() -> None:
    code, lines = smoke(1)

    assert code == 1
    assert "refused" in lines["front page"]


def test_a_wrong_password_fails_and_is_not_shown() -> None:
    with site(401) as port:
        _, lines = smoke(port, SMOKE_EMAIL="ada@example.com", SMOKE_PASSWORD="wrong-password")

    assert "FAILED" in lines["account"]
    assert "Is the password right" in lines["account"]
    assert "wrong-password" not in str(lines)
