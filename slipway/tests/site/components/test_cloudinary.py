import logging
import os
import socket
import time
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.migrations.writer import MigrationWriter
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.accounts.models import User
from config.components.cloudinary import CloudinaryError, CloudinaryStorage, cloudinary_origin, cloudinary_storage
from slipway.tests.site.components.cloudinary_server import SECRET, Cloudinary, serving
from tests.commands import run

AVATAR = "/api/v1/users/me/avatar/"
MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks for itself, too: what it finds must not be why these tests pass."""
    monkeypatch.delenv("CLOUDINARY_URL", raising=False)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloudinary]:
    with serving(tmp_path) as cloud:
        yield cloud


@pytest.fixture
def kept(cloud: Cloudinary) -> CloudinaryStorage:
    return CloudinaryStorage(**cloudinary_storage(cloud.url)["OPTIONS"])


def in_the(url: str) -> CloudinaryStorage:
    return CloudinaryStorage(**cloudinary_storage(url)["OPTIONS"])


def read(kept: CloudinaryStorage, name: str) -> bytes:
    with kept.open(name) as file:
        return file.read()


def picture() -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(drawn, "PNG")
    return SimpleUploadedFile("me.png", drawn.getvalue(), "image/png")


@pytest.mark.parametrize(("ending", "kind"), [("webp", "image"), ("mp4", "video"), ("pdf", "raw"), ("tar.gz", "raw")])
def test_a_file_is_read_as_it_was_saved(cloud: Cloudinary, kept: CloudinaryStorage, ending: str, kind: str) -> None:
    name = kept.save(f"papers/one.{ending}", ContentFile(b"every byte of it"))

    assert read(kept, name) == b"every byte of it"
    assert [held for held, _ in cloud.kept] == [kind]
    assert kept.size(name) == 16


def test_the_public_id_of_a_picture_is_its_name_without_the_ending(cloud: Cloudinary, kept: CloudinaryStorage) -> None:
    name = kept.save("avatars/ada.webp", ContentFile(b"picture"))

    assert list(cloud.kept) == [("image", name.removesuffix(".webp"))]


def test_a_file_is_uploaded_from_its_start(kept: CloudinaryStorage) -> None:
    content = ContentFile(b"from the start")
    content.read()

    name = kept.save("one.txt", content)

    assert read(kept, name) == b"from the start"


def test_two_files_of_one_name_are_two_files(kept: CloudinaryStorage) -> None:
    first = kept.save("one.txt", ContentFile(b"first"))
    second = kept.save("one.txt", ContentFile(b"second"))

    assert read(kept, first) == b"first"
    assert read(kept, second) == b"second"


def test_an_existing_name_is_rejected_and_not_overwritten(
    kept: CloudinaryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.core.files.storage.base.get_random_string", lambda length: "same")
    name = kept.save("one.txt", ContentFile(b"first"))

    with pytest.raises(CloudinaryError, match="already has a file"):
        kept.save("one.txt", ContentFile(b"second"))
    assert read(kept, name) == b"first"


def test_a_long_name_is_cut_to_what_the_column_holds(kept: CloudinaryStorage) -> None:
    name = kept.save("avatars/" + "a" * 200 + ".webp", ContentFile(b"picture"), max_length=100)

    assert len(name) <= 100
    assert name.endswith(".webp")
    assert kept.exists(name)


def test_a_file_is_there_until_it_is_deleted(kept: CloudinaryStorage) -> None:
    name = kept.save("one.txt", ContentFile(b"text"))
    assert kept.exists(name)

    kept.delete(name)

    assert not kept.exists(name)


def test_deleting_twice_is_no_error_and_clears_the_caches(cloud: Cloudinary, kept: CloudinaryStorage) -> None:
    name = kept.save("one.txt", ContentFile(b"text"))
    kept.delete(name)
    kept.delete(name)

    assert [fields["invalidate"] for action, fields in cloud.requests if action == "destroy"] == ["1", "1"]


def test_a_file_that_is_not_there_cannot_be_opened(kept: CloudinaryStorage) -> None:
    with pytest.raises(FileNotFoundError):
        kept.open("nothing.txt")


def test_a_file_cannot_be_opened_for_writing(kept: CloudinaryStorage) -> None:
    with pytest.raises(ValueError, match="only be opened for reading"):
        kept.open("one.txt", "wb")


def test_a_large_file_is_uploaded_in_chunks(cloud: Cloudinary, kept: CloudinaryStorage, tmp_path: Path) -> None:
    whole = os.urandom(13 * MEGABYTE + 17)
    path = tmp_path / "large"
    path.write_bytes(whole)

    with path.open("rb") as file:
        name = kept.save("film.mp4", File(file))
        assert file.tell() == len(whole)

    assert len(cloud.pieces) == 3
    assert read(kept, name) == whole


def test_uploading_a_large_file_takes_little_memory(kept: CloudinaryStorage, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(60 * MEGABYTE)
    kept.save("first.txt", ContentFile(b"imports the SDK"))

    tracemalloc.start()
    with path.open("rb") as file:
        name = kept.save("film.mp4", File(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert kept.size(name) == 60 * MEGABYTE
    assert peak < 45 * MEGABYTE


@pytest.mark.parametrize("action", ["save", "exists", "delete", "open"])
def test_requests_time_out(action: str) -> None:
    arguments = [ContentFile(b"text")] if action == "save" else []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        limits = "timeout=0.2&upload_timeout=0.2"
        kept = in_the(f"cloudinary://key:secret@cloud?upload_prefix=http://{host}&secure=false&cname={host}&{limits}")
        started = time.monotonic()

        with pytest.raises(CloudinaryError, match=r"one.*\.txt"):
            getattr(kept, action)("one.txt", *arguments)
        assert time.monotonic() - started < 2


def test_a_wrong_secret_is_an_error_with_the_reason(cloud: Cloudinary) -> None:
    kept = in_the(cloud.url.replace(SECRET, "wrong"))

    with pytest.raises(CloudinaryError, match="Invalid Signature"):
        kept.save("one.txt", ContentFile(b"text"))


def test_the_secret_is_never_shown(cloud: Cloudinary, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kept = in_the(cloud.url)
    name = kept.save("one.txt", ContentFile(b"text"))
    kept.exists(name)
    with pytest.raises(CloudinaryError) as refused:
        in_the(cloud.url.replace("123", "124")).delete(name)

    shown = [repr(cloudinary_storage(cloud.url)), repr(kept), repr(vars(kept)), caplog.text, repr(refused.value)]
    shown += [repr(refused.value.__cause__), MigrationWriter.serialize(kept)[0], kept.url(name)]
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("avatars/ada_x1.webp", "https://res.cloudinary.com/cloud/image/upload/v1/avatars/ada_x1.webp"),
        ("films/ada.MP4", "https://res.cloudinary.com/cloud/video/upload/v1/films/ada.MP4"),
        ("paper.pdf", "https://res.cloudinary.com/cloud/raw/upload/paper.pdf"),
        ("zoë.txt", "https://res.cloudinary.com/cloud/raw/upload/zo%C3%AB.txt"),
    ],
)
def test_the_url_follows_from_the_name(name: str, url: str) -> None:
    assert in_the("cloudinary://key:secret@cloud").url(name) == url


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("cloudinary://key:secret@cloud", "https://res.cloudinary.com"),
        ("cloudinary://key:secret@cloud/files.example.com", "https://files.example.com"),
        ("cloudinary://key:secret@cloud?private_cdn=true", "https://cloud-res.cloudinary.com"),
        ("cloudinary://key:secret@cloud?secure_distribution=files.example.com", "https://files.example.com"),
        ("cloudinary://key:secret@cloud?secure=false&cname=127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_the_origin_is_the_one_of_the_urls(url: str, host: str) -> None:
    assert cloudinary_origin(url) == host
    assert in_the(url).url("one.webp").startswith(f"{host}/")


@pytest.mark.django_db
def test_an_avatar_is_stored_and_deleted(
    cloud: Cloudinary,
    signed_in: APIClient,
    user: User,
    settings: Settings,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": cloudinary_storage(cloud.url)}

    assert signed_in.put(AVATAR, {"avatar": picture()}, format="multipart").status_code == 200
    address = signed_in.get("/api/v1/users/me/").data["avatar"]
    assert address.startswith(f"http://{cloud.host}/cloud/image/upload/v1/avatars/")
    user.refresh_from_db()
    with user.avatar.open() as file, Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (40, 30))

    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in.delete(AVATAR).status_code == 204
    assert not cloud.kept


def test_the_settings_use_the_storage_and_allow_its_origin() -> None:
    show = """
import django, sys
from django.conf import settings
from django.core.files.storage import default_storage
django.setup()
print("cloudinary" in sys.modules, settings.STORAGES)
print(settings.CONTENT_SECURITY_POLICY["img-src"], settings.CONTENT_SECURITY_POLICY["media-src"])
print(default_storage.url("one.webp"))
"""
    url = f"cloudinary://key:{SECRET}@cloud"

    shown = run("python", "-c", show, DJANGO_SETTINGS_MODULE="config.settings.test", CLOUDINARY_URL=url)

    imported, policy, address = shown.stdout.splitlines()
    assert imported.startswith("False")
    assert SECRET not in shown.stdout
    assert policy.count("https://res.cloudinary.com") == 2
    assert address == "https://res.cloudinary.com/cloud/image/upload/one.webp"
