"""File storage in Cloudinary, with its official SDK.

The resource type (image, video or raw) and the URL follow from the file name alone, without a request.
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

# A fixed list: `mimetypes` differs between machines. For Cloudinary, audio is video.
RESOURCE_TYPES = {
    "image": re.compile(r"avif|bmp|gif|heic|ico|jpe?g|png|svg|tiff?|webp", re.IGNORECASE),
    "video": re.compile(r"3gp|aac|avi|flac|m4[av]|mkv|mov|mp[34]|mpe?g|og[gv]|wav|webm", re.IGNORECASE),
}
# Larger files are uploaded in chunks of this size. Cloudinary's minimum is 5 MB.
CHUNK_SIZE = 6 * 1024 * 1024


class Secret(str):
    """A string whose repr() hides it from logs and error reports."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class UnclosableFile(File):
    """The SDK closes the file after the upload, but Django's storages leave that to the caller."""

    def close(self) -> None:
        pass


class CloudinaryError(OSError):
    """Cloudinary is unavailable or has rejected a request."""


def is_true(text: str) -> bool:
    return text.lower() in ("1", "true", "yes", "on")


# Options in the query of CLOUDINARY_URL. The SDK defines them, except for the two timeouts.
OPTIONS: dict[str, Callable[[str], Any]] = {
    "upload_prefix": str,
    "secure": is_true,
    "secure_distribution": str,
    "private_cdn": is_true,
    "cname": str,
    "signature_algorithm": str,
    "timeout": float,
    "upload_timeout": float,
}


def cloudinary_storage(url: str) -> dict[str, Any]:
    """The entry in STORAGES for `cloudinary://key:secret@cloud[/own-host][?options]`."""
    address = urlsplit(url)
    account, _, cloud = address.netloc.rpartition("@")
    key, _, secret = account.partition(":")
    options: dict[str, Any] = {"cloud_name": cloud, "api_key": key, "api_secret": Secret(secret)}
    if host := address.path.strip("/"):
        options |= {"private_cdn": True, "secure_distribution": host}
    given = parse_qs(address.query)
    options |= {name: convert(given[name][-1]) for name, convert in OPTIONS.items() if name in given}
    return {"BACKEND": "config.components.cloudinary.CloudinaryStorage", "OPTIONS": options}


def cloudinary_origin(url: str) -> str:
    """The origin that delivers the files, for the Content-Security-Policy."""
    options = cloudinary_storage(url)["OPTIONS"]
    if not options.get("secure", True):
        return f"http://{options.get('cname', 'res.cloudinary.com')}"
    default = f"{options['cloud_name']}-res.cloudinary.com" if options.get("private_cdn") else "res.cloudinary.com"
    return f"https://{options.get('secure_distribution', default)}"


@deconstructible
class CloudinaryStorage(Storage):
    """Every upload gets a unique name: no file is overwritten, and caches never have an outdated one."""

    def __init__(
        self,
        cloud_name: str,
        api_key: str,
        api_secret: str,
        timeout: float = 10,
        upload_timeout: float = 60,
        **address: Any,
    ) -> None:
        # Passed to each call: the SDK's own configuration is global and its repr() shows the secret.
        self.account = {"cloud_name": cloud_name, "api_key": api_key, "api_secret": Secret(api_secret), **address}
        self.address = {"secure": True, "cloud_name": cloud_name, **address}
        self.timeout = timeout
        self.upload_timeout = upload_timeout

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return super().get_available_name(self.get_alternative_name(*os.path.splitext(name)), max_length)

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Names are random, so no request is needed. Cloudinary rejects a duplicate at the upload."""
        return not max_length or len(name) <= max_length

    def url(self, name: str | None) -> str:
        from cloudinary.utils import cloudinary_url

        return cloudinary_url(name, resource_type=resource_type_and_id(name or "")[0], **self.address)[0]

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        # The upload API has no hourly rate limit, unlike the Admin API.
        return self.call("explicit", name, type="upload")["bytes"]

    def delete(self, name: str) -> None:
        """Deleting a file that doesn't exist is not an error."""
        self.call("destroy", name, invalidate=True)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        options = {"overwrite": False, "timeout": self.upload_timeout}
        if content.size <= CHUNK_SIZE:
            response = self.call("upload", name, file=(name, content.read()), **options)
        else:
            response = self.call(
                "upload_large", name, file=UnclosableFile(content, name), chunk_size=CHUNK_SIZE, **options
            )
        if response.get("existing"):
            raise CloudinaryError(f"Cloudinary already has a file named {name}")
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        from cloudinary import CERT_KWARGS
        from urllib3 import PoolManager
        from urllib3.exceptions import HTTPError

        if mode != "rb":
            raise ValueError("Files in Cloudinary can only be opened for reading.")
        copy = SpooledTemporaryFile(max_size=CHUNK_SIZE)  # noqa: SIM115 (the caller closes it)
        try:
            with PoolManager(timeout=self.timeout, retries=False, **CERT_KWARGS) as pool:
                response = pool.request("GET", self.url(name), preload_content=False)
                if response.status == 200:
                    shutil.copyfileobj(response, copy)
                response.close()
        except HTTPError as error:
            copy.close()
            raise CloudinaryError(f"Cloudinary: {name} could not be downloaded: {error}") from error
        if response.status != 200:
            copy.close()
            failure = FileNotFoundError if response.status == 404 else CloudinaryError
            raise failure(f"Cloudinary responded with {response.status} for {name}")
        copy.seek(0)
        return File(copy, name)

    def call(self, action: str, name: str, timeout: float | None = None, **options: Any) -> dict[str, Any]:
        """Call the SDK. It is imported here because the import is slow and most processes never need it."""
        from cloudinary import uploader
        from cloudinary.exceptions import Error, NotFound
        from urllib3 import Timeout

        resource_type, public_id = resource_type_and_id(name)
        timeout = timeout or self.timeout
        # The SDK tries to connect four times.
        options |= self.account | {
            "resource_type": resource_type,
            "timeout": Timeout(connect=timeout / 4, read=timeout),
        }
        try:
            return getattr(uploader, action)(public_id=public_id, **options)
        except NotFound as error:
            raise FileNotFoundError(f"Cloudinary has no {name}") from error
        except Error as error:
            raise CloudinaryError(f"Cloudinary: {action} of {name} failed: {str(error)[:300]}") from error


def resource_type_and_id(name: str) -> tuple[str, str]:
    """The public id of an image or a video has no extension: the extension is its delivery format."""
    stem, extension = os.path.splitext(name)
    for resource_type, extensions in RESOURCE_TYPES.items():
        if extensions.fullmatch(extension[1:]):
            return resource_type, stem
    return "raw", name
