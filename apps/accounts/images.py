"""Uploaded images."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIZE = 512
# Decoded, an image of this size takes 100 MB.
MAX_PIXELS = 25_000_000


def make_avatar(upload: UploadedFile) -> ContentFile:
    """Encode the image again as a small WebP, without metadata such as the location."""
    # The import is slow, and most processes never need it.
    from PIL import Image, ImageOps

    try:
        with Image.open(upload, formats=FORMATS) as image:
            # Decode a JPEG at a reduced size.
            image.draft("RGB", (2 * SIZE, 2 * SIZE))
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError("This image is too large: send one of at most 25 megapixels.")
            avatar = ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError("This image cannot be read: send a JPEG, PNG, WebP or GIF.") from error
    avatar.thumbnail((SIZE, SIZE))
    output = BytesIO()
    avatar.save(output, "WEBP", quality=85)
    return ContentFile(output.getvalue(), "avatar.webp")
