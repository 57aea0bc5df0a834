"""A small Cloudinary: takes, describes, delivers and deletes files the way the SDK expects."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.files.uploadedfile import UploadedFile
from django.core.handlers.wsgi import WSGIRequest

KEY = "123456789012345"
SECRET = "a-Secret_that-nobody-may-see"
SMALLEST_PIECE = 5 * 1024 * 1024
UNSIGNED = ("file", "api_key", "resource_type", "cloud_name", "signature")


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message


@dataclass
class Cloudinary:
    folder: Path
    url: str = ""
    host: str = ""
    kept: dict[tuple[str, str], Path] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = WSGIRequest(environ)
        try:
            status, content = 200, self.answer(request)
        except Refused as refusal:
            status, content = refusal.status, json.dumps({"error": {"message": refusal.message}}).encode()
        finally:
            request.close()
        start_response(f"{status} .", [("Content-Length", str(len(content)))])
        return [content]

    def answer(self, request: WSGIRequest) -> bytes:
        if request.method == "GET":
            return self.deliver(request.path_info)
        kind, action = request.path_info.removeprefix("/v1_1/cloud/").split("/")
        fields = request.POST.dict()
        self.requests.append((action, fields))
        self.check_signature(fields)
        return json.dumps(getattr(self, action)(kind, fields["public_id"], request)).encode()

    def check_signature(self, fields: dict[str, Any]) -> None:
        signed = "&".join(
            sorted(f"{name}={value}".replace("&", "%26") for name, value in fields.items() if name not in UNSIGNED)
        )
        if fields.get("api_key") != KEY or fields.get("signature") != sha1((signed + SECRET).encode()).hexdigest():
            raise Refused(401, f"Invalid Signature {fields.get('signature')}. String to sign - '{signed}'.")

    def upload(self, kind: str, public_id: str, request: WSGIRequest) -> dict[str, Any]:
        if (kind, public_id) in self.kept and request.POST.get("overwrite") == "0":
            return {"existing": True, **self.explicit(kind, public_id, request)}
        piece = request.FILES.get("file")
        assert isinstance(piece, UploadedFile)
        part = request.headers.get("X-Unique-Upload-Id")
        path = self.folder / (part or f"{len(self.requests)}")
        last = True
        if part:
            self.pieces.append(request.headers["Content-Range"])
            start, end, total = map(int, re.findall(r"\d+", self.pieces[-1]))
            last = end + 1 == total
            if piece.size != end + 1 - start or not (last or piece.size >= SMALLEST_PIECE):
                raise Refused(400, "This piece is not what was announced, or too small")
        with path.open("ab") as stored:
            stored.writelines(piece.chunks())
        if not last:
            return {"done": False, "public_id": public_id}
        self.kept[kind, public_id] = path
        return self.explicit(kind, public_id, request)

    def explicit(self, kind: str, public_id: str, request: WSGIRequest) -> dict[str, Any]:
        if (kind, public_id) not in self.kept:
            raise Refused(404, f"Resource not found - {public_id}")
        return {"public_id": public_id, "version": 1, "bytes": self.kept[kind, public_id].stat().st_size}

    def destroy(self, kind: str, public_id: str, request: WSGIRequest) -> dict[str, Any]:
        return {"result": "ok" if self.kept.pop((kind, public_id), None) else "not found"}

    def deliver(self, path: str) -> bytes:
        match = re.fullmatch(r"/cloud/(image|video|raw)/upload/(?:v\d+/)?(.+)", path)
        if not match:
            raise Refused(400, "This is no address of a file")
        kind, name = match.groups()
        public_id = name if kind == "raw" else name.rpartition(".")[0]
        if (kind, public_id) not in self.kept:
            raise Refused(404, "Resource not found")
        return self.kept[kind, public_id].read_bytes()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[Cloudinary]:
    cloud = Cloudinary(folder)
    with make_server("127.0.0.1", 0, cloud, Server, Quiet) as server:
        cloud.host = f"127.0.0.1:{server.server_port}"
        cloud.url = (
            f"cloudinary://{KEY}:{SECRET}@cloud?upload_prefix=http://{cloud.host}&secure=false&cname={cloud.host}"
        )
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield cloud
        finally:
            server.shutdown()
            thread.join()
