"""Uploads at Cloudinary, over its own SDK.

The name in the database is all there is to know of a file: its ending says whether Cloudinary holds an image, a video
or anything else, and the address follows from it without asking anybody.
"""

import os
import re
import shutil
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

# Fixed, for `mimetypes` differs between machines. Sound counts as video there.
KINDS = {
    "image": re.compile(r"avif|bmp|gif|heic|ico|jpe?g|png|svg|tiff?|webp", re.IGNORECASE),
    "video": re.compile(r"3gp|aac|avi|flac|m4[av]|mkv|mov|mp[34]|mpe?g|og[gv]|wav|webm", re.IGNORECASE),
}
# At most this much of a file is in memory. Cloudinary takes no pieces below 5 MB.
PIECE = 6 * 1024 * 1024


class Secret(str):
    """Text that no page, log line or report shows by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class Borrowed(File):
    """The SDK closes what it has sent, but whoever gave us the file may want to read it."""

    def close(self) -> None:
        pass


class CloudinaryError(OSError):
    """Cloudinary could not be reached, or refused."""


def is_on(text: str) -> bool:
    return text.lower() in ("1", "true", "yes", "on")


# What the query of CLOUDINARY_URL may say: the SDK's own words, and our two time limits.
OPTIONS: dict[str, Callable[[str], Any]] = {
    "upload_prefix": str,
    "secure": is_on,
    "secure_distribution": str,
    "private_cdn": is_on,
    "cname": str,
    "signature_algorithm": str,
    "timeout": float,
    "upload_timeout": float,
}


def storage(url: str) -> dict[str, Any]:
    """For STORAGES: `cloudinary://key:secret@cloud`, with a host of one's own after a slash, and options."""
    address = urlsplit(url)
    account, _, cloud = address.netloc.rpartition("@")
    key, _, secret = account.partition(":")
    options: dict[str, Any] = {"cloud_name": cloud, "api_key": key, "api_secret": Secret(secret)}
    if host := address.path.strip("/"):
        options |= {"private_cdn": True, "secure_distribution": host}
    given = parse_qs(address.query)
    options |= {name: convert(given[name][-1]) for name, convert in OPTIONS.items() if name in given}
    return {"BACKEND": "config.components.cloudinary.CloudinaryStorage", "OPTIONS": options}


def origin(url: str) -> str:
    """Where browsers fetch the files, for the policy that allows it."""
    options = storage(url)["OPTIONS"]
    if not options.get("secure", True):
        return f"http://{options.get('cname', 'res.cloudinary.com')}"
    usual = f"{options['cloud_name']}-res.cloudinary.com" if options.get("private_cdn") else "res.cloudinary.com"
    return f"https://{options.get('secure_distribution', usual)}"


@deconstructible
class CloudinaryStorage(Storage):
    """Every file gets a name of its own, so none is overwritten and no cache holds an older one."""

    def __init__(
        self,
        cloud_name: str,
        api_key: str,
        api_secret: str,
        timeout: float = 10,
        upload_timeout: float = 60,
        **address: Any,
    ) -> None:
        # Given to each call: the SDK's own configuration is one for the whole process, and shows the secret.
        self.account = {"cloud_name": cloud_name, "api_key": api_key, "api_secret": Secret(api_secret), **address}
        self.address = {"secure": True, "cloud_name": cloud_name, **address}
        self.timeout = timeout
        self.upload_timeout = upload_timeout

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return super().get_available_name(self.get_alternative_name(*os.path.splitext(name)), max_length)

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """A new name is free without asking; Cloudinary has the last word when the file arrives."""
        return not max_length or len(name) <= max_length

    def url(self, name: str | None) -> str:
        from cloudinary.utils import cloudinary_url

        return cloudinary_url(name, resource_type=kind_and_id(name or "")[0], **self.address)[0]

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        # The upload API answers as often as we like; the one for administrators counts questions by the hour.
        return self.ask("explicit", name, type="upload")["bytes"]

    def delete(self, name: str) -> None:
        """To delete what is gone already is no error."""
        self.ask("destroy", name, invalidate=True)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        options = {"overwrite": False, "limit": self.upload_timeout}
        if content.size <= PIECE:
            answer = self.ask("upload", name, file=(name, content.read()), **options)
        else:
            answer = self.ask("upload_large", name, file=Borrowed(content, name), chunk_size=PIECE, **options)
        if answer.get("existing"):
            raise CloudinaryError(f"Cloudinary has another file called {name}")
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        from cloudinary import CERT_KWARGS
        from urllib3 import PoolManager
        from urllib3.exceptions import HTTPError

        if mode != "rb":
            raise ValueError("A file at Cloudinary can be read, and replaced by another one, but not changed.")
        copy = SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115 (closed by whoever asked for the file)
        try:
            with PoolManager(timeout=self.timeout, retries=False, **CERT_KWARGS) as pool:
                answer = pool.request("GET", self.url(name), preload_content=False)
                if answer.status == 200:
                    shutil.copyfileobj(answer, copy)
                answer.close()
        except HTTPError as error:
            copy.close()
            raise CloudinaryError(f"Cloudinary: {name} could not be fetched: {error}") from error
        if answer.status != 200:
            copy.close()
            failure = FileNotFoundError if answer.status == 404 else CloudinaryError
            raise failure(f"Cloudinary answered {answer.status} for {name}")
        copy.seek(0)
        return File(copy, name)

    def ask(self, action: str, name: str, limit: float | None = None, **options: Any) -> dict[str, Any]:
        """Call the SDK, which takes a while to import: most processes never keep a file."""
        from cloudinary import uploader
        from cloudinary.exceptions import Error, NotFound
        from urllib3 import Timeout

        kind, public_id = kind_and_id(name)
        limit = limit or self.timeout
        # The SDK tries four times to connect.
        options |= self.account | {"resource_type": kind, "timeout": Timeout(connect=limit / 4, read=limit)}
        try:
            return getattr(uploader, action)(public_id=public_id, **options)
        except NotFound as error:
            raise FileNotFoundError(f"Cloudinary has no {name}") from error
        except Error as error:
            raise CloudinaryError(f"Cloudinary: {action} of {name} failed: {str(error)[:300]}") from error


def kind_and_id(name: str) -> tuple[str, str]:
    """What Cloudinary calls the file. An ending that it knows is a format there, and no part of the name."""
    stem, ending = os.path.splitext(name)
    for kind, endings in KINDS.items():
        if endings.fullmatch(ending[1:]):
            return kind, stem
    return "raw", name
