"""Uploaded images."""

import ctypes
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

if TYPE_CHECKING:
    from PIL.Image import Image as ImageType

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIZE = 512


def make_avatar(upload: UploadedFile) -> ContentFile:
    """Encode the image again as a small WebP, without metadata such as the location."""
    # The import is slow, and most processes never need it.
    from PIL import Image

    try:
        with one_at_a_time():
            return encode(decode(upload))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError("This image cannot be read: send a JPEG, PNG, WebP or GIF.") from error


def encode(image: "ImageType") -> ContentFile:
    output = BytesIO()
    image.save(output, "WEBP", quality=85)
    return ContentFile(output.getvalue(), "avatar.webp")


def decode(upload: UploadedFile) -> "ImageType":
    """A small copy of the image. The memory of the large one is freed on return."""
    from PIL import Image, ImageOps

    with Image.open(upload, formats=FORMATS) as image:
        if image.width * image.height > (limit := max_pixels(image)):
            raise ValidationError(f"This image is too large: send one of at most {limit / 1e6:g} megapixels.")
        # Decode a JPEG at a reduced size.
        image.draft("RGB", (2 * SIZE, 2 * SIZE))
        small: ImageType = image
        if image.mode not in ("L", "RGB", "RGBA"):
            small = image.convert("RGBA" if image.has_transparency_data else "RGB")
        # Before the rotation, which copies the image.
        small.thumbnail((SIZE, SIZE))
        return ImageOps.exif_transpose(small)


def max_pixels(image: "ImageType") -> int:
    """The pixels that can be decoded in 50 MB. Only a baseline JPEG is decoded at a reduced size."""
    if image.format == "JPEG" and image.mode in ("L", "RGB") and not image.info.get("progressive"):
        return 30_000_000
    return 2_000_000 if image.format == "WEBP" else 4_500_000


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other thread or process of this site decodes an image, so that their memory does not add up."""
    with open(__file__) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return_freed_memory()
        yield


@cache
def return_freed_memory() -> None:
    """Let glibc return blocks of 1 MB and more to the system at once. Otherwise each thread keeps those of its images."""
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        m_mmap_threshold = -3
        libc.mallopt(m_mmap_threshold, 2**20)
