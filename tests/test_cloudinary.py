import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.files.base import ContentFile

from config.components.cloudinary import CloudinaryStorage, cloudinary_storage


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A local server that accepts every upload."""

    class Handler(BaseHTTPRequestHandler):
        uploads: list[tuple[str, bytes]] = []

        def do_POST(self) -> None:
            self.uploads.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"public_id": "me", "bytes": 7}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_upload_is_sent_to_cloudinary(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUDINARY_URL", raising=False)
    url = f"cloudinary://key:secret@cloud?upload_prefix=http://127.0.0.1:{server.server_port}"
    storage = CloudinaryStorage(**cloudinary_storage(url)["OPTIONS"])

    name = storage.save("avatars/me.webp", ContentFile(b"picture"))

    [(path, body)] = server.RequestHandlerClass.uploads  # type: ignore[attr-defined]
    assert path == "/v1_1/cloud/image/upload"
    assert b"picture" in body
    assert name.removesuffix(".webp").encode() in body
    assert storage.url(name) == f"https://res.cloudinary.com/cloud/image/upload/v1/{name}"
