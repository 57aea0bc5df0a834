"""The disk of uploaded files is full."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL

import pytest

from slipway.tests.drills import drill
from slipway.tests.site.accounts.test_memory import image, upload
from slipway.tests.site.accounts.test_memory import token as token
from slipway.tests.site.serving.server import Server, serving

# A mount namespace with a small file system.
MOUNT = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"', "sh"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.skipif(subprocess.call([*MOUNT, "/mnt", "true"], stderr=DEVNULL) != 0, reason="needs Linux, as root"),
]


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def server(database_url: str, media: Path, tmp_path: Path) -> Iterator[Server]:
    before = [*MOUNT, str(media)]
    with serving(before=before, log=tmp_path / "log", DATABASE_URL=database_url, MEDIA_ROOT=str(media)) as started:
        yield started


def test_an_upload_fails_and_nothing_else_is_lost(server: Server, token: str, media: Path) -> None:
    seen_by_server = Path(f"/proc/{server.process.pid}/root/{media}")

    def files() -> dict[Path, int]:
        return {path: path.stat().st_size for path in seen_by_server.rglob("*.*")}

    first = upload(server, token, image("PNG", 400, 300))
    before = files()
    ballast = seen_by_server / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    statuses = [upload(server, token, image("PNG", 640, 480)) for _ in range(2)]
    statuses += [server.get(path).status for path in ("/", "/health/", "/api/v1/") * 6]
    meanwhile = files()

    ballast.unlink()
    began = time.monotonic()
    last = upload(server, token, image("PNG", 640, 480))
    recovery = time.monotonic() - began

    assert (first, last) == (200, 200)
    assert statuses == [500] * 2 + [200] * 18
    assert before
    assert before.items() <= meanwhile.items()
    errors = sum(status >= 500 for status in statuses)
    name = "The disk of uploads is full (2 of 20 requests are uploads)"
    drill(name, requests=20, answered=len(statuses), errors=errors, recovery=recovery)
