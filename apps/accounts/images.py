"""Pictures that people upload."""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIZE = 512
# Unpacked, a picture of this many pixels takes 100 MB for a moment.
MOST_PIXELS = 25_000_000


def portrait(upload: UploadedFile) -> ContentFile:
    """A small WebP, drawn anew: what else the file held, such as the place it was taken, is gone."""
    # Takes a while to import, and most processes never see a picture.
    from PIL import Image, ImageOps

    try:
        with Image.open(upload, formats=FORMATS) as image:
            # A photo is unpacked at a fraction of its size where its format can do that.
            image.draft("RGB", (2 * SIZE, 2 * SIZE))
            if image.width * image.height > MOST_PIXELS:
                raise ValidationError("This picture is too large: send one of at most 25 megapixels.")
            picture = ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError("This is not a picture that can be read: send a JPEG, PNG, WebP or GIF.") from error
    picture.thumbnail((SIZE, SIZE))
    drawn = BytesIO()
    picture.save(drawn, "WEBP", quality=85)
    return ContentFile(drawn.getvalue(), "avatar.webp")
