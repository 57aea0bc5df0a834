"""The memory of the web processes while they decode images, measured in gunicorn."""

import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import pytest
from PIL import Image

from slipway.tests.site.serving.server import Server, serving
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROTATED = Image.Exif()
ROTATED[0x0112] = 6


def image(kind: str, width: int, height: int, mode: str = "RGB", **options: object) -> bytes:
    output = BytesIO()
    Image.new(mode, (width, height)).save(output, kind, exif=ROTATED, **options)
    return output.getvalue()


# The largest images that are accepted, and a small file that used more than 500 MB.
LARGEST = {
    "lossless WebP": image("WEBP", 2000, 1000, "RGBA", lossless=True),
    "PNG": image("PNG", 2500, 1800, "RGBA"),
    "palette": image("PNG", 2500, 1800, "P", transparency=0),
    "progressive JPEG": image("JPEG", 2500, 1800, progressive=True, subsampling=0),
    "CMYK": image("JPEG", 2500, 1800, "CMYK", progressive=True),
    "JPEG": image("JPEG", 6000, 5000),
}
TOO_LARGE = image("WEBP", 5000, 5000, lossless=True)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture
def server(database_url: str, media: Path, tmp_path: Path) -> Iterator[Server]:
    with serving(log=tmp_path / "log", DATABASE_URL=database_url, MEDIA_ROOT=str(media)) as started:
        yield started


@pytest.fixture
def token(server: Server, transactional_db: None) -> str:
    account = json.dumps({"email": "ada@example.com", "password": PASSWORD}).encode()
    post(server, "/api/v1/auth/register/", account, "application/json")
    return json.loads(post(server, "/api/v1/auth/login/", account, "application/json").body)["access"]


def post(server: Server, path: str, body: bytes, content_type: str, token: str = ""):  # type: ignore[no-untyped-def]
    headers = {"Host": "www.example.com", "X-Forwarded-Proto": "https", "Content-Type": content_type}
    return server.ask("POST", path, body, headers | ({"Authorization": f"Bearer {token}"} if token else {}))


def upload(server: Server, token: str, content: bytes) -> int:
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="avatar"; filename="me.png"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return post(server, "/api/v1/users/me/avatar/", body, f"multipart/form-data; boundary={boundary}", token).status


def proportional_memory(server: Server) -> float:
    """The memory of the gunicorn processes, in MB. Shared pages are counted once."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    reports = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in (server.process.pid, *children)]
    return sum(int(re.findall(r"(?m)^Pss:\s+(\d+)", report)[0]) for report in reports) / 1024


def peak_of(server: Server, token: str, content: bytes, times: int) -> tuple[set[int], float]:
    """The statuses, and by how many MB the memory grew meanwhile."""
    idle = proportional_memory(server)
    measured = [idle]
    done = Event()

    def measure() -> None:
        while not done.wait(0.002):
            measured.append(proportional_memory(server))

    watcher = Thread(target=measure)
    watcher.start()
    with ThreadPoolExecutor(times) as pool:
        statuses = set(pool.map(lambda number: upload(server, token, content), range(times)))
    done.set()
    watcher.join()
    return statuses, max(measured) - idle


def test_eight_uploads_at_once_use_at_most_60_mb(server: Server, token: str) -> None:
    # All threads and libraries are loaded.
    assert peak_of(server, token, image("PNG", 40, 30), 16)[0] == {200}

    peaks = {name: peak_of(server, token, content, 8) for name, content in LARGEST.items()}
    too_large = peak_of(server, token, TOO_LARGE, 8)

    assert {name: statuses for name, (statuses, _) in peaks.items() if statuses != {200}} == {}
    assert {name: peak for name, (_, peak) in peaks.items() if peak > 60} == {}
    assert too_large[0] == {400}
    assert too_large[1] < 20
